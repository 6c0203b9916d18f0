/** A job: its steps one after another, in a directory of its own. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Contexts, interpolate, isMet } from "./expression.ts";
import type { Rights } from "./rights.ts";
import type { Host } from "./run.ts";
import { type Place, runScript } from "./script.ts";
import type { Job, Step, Variables, Workflow } from "./workflow.ts";

export interface JobResult {
  readonly result: "success" | "failure" | "skipped";
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepResult[];
  /** What all its steps printed. */
  readonly log: string;
  /** What they wrote for the page of the run, in Markdown. */
  readonly summary: string;
  readonly permissions?: Rights["permissions"];
}

export interface StepResult {
  readonly name: string;
  readonly id: string | undefined;
  /** Before `continue-on-error` is asked. */
  readonly outcome: Outcome;
  readonly conclusion: Outcome;
  readonly outputs: Readonly<Record<string, string>>;
  readonly log: string;
}

type Outcome = "success" | "failure" | "skipped";

interface Circumstances extends Host {
  readonly needs: Readonly<Record<string, Pick<JobResult, "result" | "outputs">>>;
  readonly rights: Rights;
}

export async function runJob(
  workflow: Workflow,
  job: Job,
  circumstances: Circumstances,
): Promise<JobResult> {
  const { rights, inputs, needs, secrets: _, ...host } = circumstances;
  const { token, end } = host.lend(rights.permissions);
  const directory = mkdtempSync(path.join(tmpdir(), "bunting-job-"));
  const place: Place = {
    workspace: path.join(directory, "work"),
    temporary: path.join(directory, "temp"),
  };
  for (const each of Object.values(place)) mkdirSync(each);

  const github = { ...host.github, token, workspace: place.workspace };
  const environment = job.environment?.name;
  const fixed = {
    ...{ github, inputs, needs },
    vars: { ...host.vars[""], ...(environment ? host.vars[environment] : {}) },
    secrets: rights.secrets,
    runner: { temp: place.temporary, os: "Linux" },
  };
  const env = { ...fill(workflow.env, fixed), ...fill(job.env, fixed) };
  /** What steps set for those that follow, by `GITHUB_ENV`. */
  const exported: Record<string, string> = {};
  const steps: StepResult[] = [];
  let [failed, summary] = [false, ""];

  async function perform(
    step: Step,
    contexts: Contexts,
  ): Promise<Pick<StepResult, "outputs" | "log"> & { failed: boolean }> {
    if (step.uses !== undefined) {
      const name = step.uses.replace(/@.*/, "");
      const action = host.actions[name];
      if (!action) throw new Error(`Cannot run this step: nothing stands in for "${name}"`);
      const surroundings = {
        ...{ workspace: place.workspace, github, permissions: rights.permissions, environment },
        exportVariable: (variable: string, value: string) => {
          exported[variable] = value;
        },
      };
      try {
        const outputs = await action(fill(step.with, contexts), surroundings);
        return { failed: false, outputs: outputs ?? {}, log: "" };
      } catch (error) {
        return { failed: true, outputs: {}, log: `::error::${(error as Error).message}\n` };
      }
    }
    const variables = { ...host.env, ...gitHubVariables(github), ...env, ...exported };
    const own = fill(step.env, contexts);
    const shell = workflow.defaults?.run.shell;
    const ran = await runScript(step.run ?? "", shell, { ...variables, ...own }, place);
    Object.assign(exported, ran.exported);
    summary += ran.summary;
    return { failed: ran.code !== 0, outputs: ran.outputs, log: ran.log.replaceAll(token, "***") };
  }

  try {
    for (const step of job.steps) {
      const known = steps.flatMap(({ id, ...rest }) => (id === undefined ? [] : [[id, rest]]));
      const job = { status: failed ? "failure" : "success" };
      const contexts = {
        ...{ ...fixed, job, env: { ...env, ...exported } },
        steps: Object.fromEntries(known),
      };
      const status = { success: !failed, failure: failed, cancelled: false };
      const label = { name: step.name ?? step.uses ?? step.run ?? "", id: step.id };
      if (!isMet(step.if, contexts, status)) {
        const skipped = {
          outcome: "skipped",
          conclusion: "skipped",
          outputs: {},
          log: "",
        } as const;
        steps.push({ ...label, ...skipped });
        continue;
      }
      const { failed: hasFailed, outputs, log } = await perform(step, contexts);
      const isExcused = step["continue-on-error"] === true;
      const outcome = hasFailed ? "failure" : "success";
      const conclusion = hasFailed && !isExcused ? "failure" : "success";
      if (conclusion === "failure") failed = true;
      steps.push({ ...label, outcome, conclusion, outputs, log });
    }
    const done = steps.flatMap(({ id, ...rest }) => (id === undefined ? [] : [[id, rest]]));
    return {
      result: failed ? "failure" : "success",
      outputs: fill(job.outputs, { ...fixed, steps: Object.fromEntries(done) }),
      steps,
      log: steps.map(({ log }) => log).join(""),
      summary,
      permissions: rights.permissions,
    };
  } finally {
    end();
    rmSync(directory, { recursive: true, force: true });
  }
}

function fill(values: Variables = {}, contexts: Contexts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, interpolate(String(value), contexts)]),
  );
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
