/** One step: a script for bash, or a fake action. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Contexts, interpolate, isMet } from "./expression.ts";
import type { Host } from "./host.ts";
import type { Rights } from "./rights.ts";
import { type JobDirectories, runScript } from "./script.ts";
import { parseAction, type Step, type Variables } from "./workflow.ts";

/** The state that the steps of a job share. */
export interface Scope {
  readonly host: Pick<Host, "actions" | "env">;
  readonly directories: JobDirectories;
  readonly github: Readonly<Record<string, unknown>>;
  readonly token: string;
  readonly permissions: Rights["permissions"];
  readonly environment: string | undefined;
  readonly shell: string | undefined;
  /** The variables of the workflow and the job. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that steps have set for later steps, by `GITHUB_ENV`. */
  readonly exported: Record<string, string>;
  /** Directories that steps have added to PATH for later steps, by `GITHUB_PATH`. */
  readonly paths: string[];
}

export interface StepResult {
  readonly failed: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  readonly log: string;
  readonly summary: string;
}

export function performStep(step: Step, contexts: Contexts, scope: Scope): Promise<StepResult> {
  if (step.uses === undefined) return performScript(step, contexts, scope);
  const inputs = fill(step.with, contexts);
  return step.uses.startsWith("./")
    ? performComposite(path.join(scope.directories.workspace, step.uses), inputs, contexts, scope)
    : performAction(step.uses, inputs, scope);
}

/** A composite action of the workspace. */
async function performComposite(
  directory: string,
  given: Readonly<Record<string, string>>,
  contexts: Contexts,
  scope: Scope,
): Promise<StepResult> {
  const { inputs = {}, runs } = parseAction(
    readFileSync(path.join(directory, "action.yml"), "utf8"),
  );
  const defaults = Object.entries(inputs).map(([name, input]) => [name, input.default ?? ""]);
  const own = { ...contexts, inputs: { ...Object.fromEntries(defaults), ...given } };
  const env = { ...scope.env, GITHUB_ACTION_PATH: directory };
  let [log, summary] = ["", ""];
  for (const step of runs.steps) {
    if (!isMet(step.if, own, { success: true, failure: false, cancelled: false })) continue;
    const performed = await performStep(step, own, { ...scope, env });
    log += performed.log;
    summary += performed.summary;
    if (performed.failed) return { failed: true, outputs: {}, log, summary };
  }
  return { failed: false, outputs: {}, log, summary };
}

/** Every value with its expressions evaluated. */
export function fill(values: Variables = {}, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, interpolate(String(value), contexts)]),
  );
}

async function performScript(step: Step, contexts: Contexts, scope: Scope): Promise<StepResult> {
  const { host, github, token, env, exported, directories, paths } = scope;
  const shell = step.shell ?? scope.shell;
  const variables = { ...host.env, ...gitHubVariables(github), ...env, ...exported };
  const PATH = [...paths, variables.PATH ?? ""].join(path.delimiter);
  const all = { ...variables, PATH, ...fill(step.env, contexts) };
  const { code, outputs, summary, log, ...ran } = await runScript(
    step.run ?? "",
    shell,
    all,
    directories,
  );
  Object.assign(exported, ran.exported);
  paths.unshift(...ran.paths);
  // Masks secrets, like GitHub.
  return { failed: code !== 0, outputs, summary, log: log.replaceAll(token, "***") };
}

async function performAction(
  uses: string,
  inputs: Readonly<Record<string, string>>,
  { host, directories, github, permissions, environment, exported }: Scope,
): Promise<StepResult> {
  const name = uses.replace(/@.*/, "");
  const action = host.actions[name];
  if (!action) throw new Error(`Cannot run this step: nothing stands in for "${name}"`);
  const exportVariable = (variable: string, value: string) => {
    exported[variable] = value;
  };
  const { workspace } = directories;
  const surroundings = { workspace, github, permissions, environment, exportVariable };
  try {
    const outputs = (await action(inputs, surroundings)) ?? {};
    return { failed: false, outputs, log: "", summary: "" };
  } catch (error) {
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    const log = `::error::${(error as Error).message}\n`;
    return { failed: true, outputs: {}, log, summary: "" };
  }
}

/** `GITHUB_SHA` for `github.sha` and so on: every plain value but the token. */
function gitHubVariables(github: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(github).flatMap(([name, value]) =>
      name === "token" || typeof value === "object"
        ? []
        : [[`GITHUB_${name.toUpperCase()}`, String(value)]],
    ),
  );
}
