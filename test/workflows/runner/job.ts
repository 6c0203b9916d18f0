/** Runs a job: its steps in order, in a directory of its own. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Contexts, isMet } from "./expression.ts";
import type { Host } from "./host.ts";
import type { Rights } from "./rights.ts";
import { fill, performStep, type Scope } from "./step.ts";
import type { Job, Step, Workflow } from "./workflow.ts";

export interface JobResult {
  readonly result: "success" | "failure" | "skipped";
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepResult[];
  /** The output of all its steps. */
  readonly log: string;
  /** Their summary for the page of the run, in Markdown. */
  readonly summary: string;
  /** The permissions of its token. */
  readonly permissions: Rights["permissions"];
}

export interface StepResult {
  readonly name: string;
  readonly id: string | undefined;
  /** Before `continue-on-error` is applied. */
  readonly outcome: Outcome;
  readonly conclusion: Outcome;
  readonly outputs: Readonly<Record<string, string>>;
  readonly log: string;
  readonly summary: string;
}

type Outcome = "success" | "failure" | "skipped";

interface Options extends Host {
  readonly needs: Readonly<Record<string, Pick<JobResult, "result" | "outputs">>>;
  readonly rights: Rights;
  readonly matrix: Readonly<Record<string, string>>;
}

export const skippedJob: JobResult = {
  ...{ result: "skipped", outputs: {}, steps: [], log: "", summary: "", permissions: {} },
};

export async function runJob(
  workflow: Workflow,
  job: Job,
  { rights, inputs, needs, matrix, ...host }: Options,
): Promise<JobResult> {
  const { permissions, secrets } = rights;
  const { token, end } = host.lend(permissions);
  const directory = mkdtempSync(path.join(tmpdir(), "bunting-job-"));
  const directories = {
    workspace: path.join(directory, "work"),
    temporary: path.join(directory, "temp"),
  };
  for (const each of Object.values(directories)) mkdirSync(each);

  const environment = job.environment?.name;
  const vars = { ...host.vars[""], ...(environment ? host.vars[environment] : {}) };
  const github = { ...host.github, token, workspace: directories.workspace };
  const runner = { temp: directories.temporary, os: "Linux" };
  const identity = {
    workflow_repository: host.source.repository,
    workflow_sha: host.source.sha,
  };
  const fixed = { github, inputs, needs, matrix, vars, secrets, runner, job: identity };
  const scope: Scope = {
    ...{ host, directories, github, token, permissions, environment },
    shell: workflow.defaults?.run.shell,
    env: { ...fill(workflow.env, fixed), ...fill(job.env, fixed) },
    exported: {},
    paths: [],
  };
  try {
    const steps = await runSteps(job.steps, fixed, scope);
    const failed = steps.some(({ conclusion }) => conclusion === "failure");
    return {
      result: failed ? "failure" : "success",
      outputs: fill(job.outputs, { ...fixed, steps: byId(steps) }),
      steps,
      log: steps.map(({ log }) => log).join(""),
      summary: steps.map(({ summary }) => summary).join(""),
      permissions,
    };
  } finally {
    end();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The results of the jobs of a matrix as those that need them see them: one, with the outputs of the last. */
export function joinResults(all: readonly JobResult[]): JobResult {
  const failed = all.some(({ result }) => result === "failure");
  return {
    ...(all.at(-1) ?? skippedJob),
    result: failed ? "failure" : "success",
    steps: all.flatMap(({ steps }) => steps),
    log: all.map(({ log }) => log).join(""),
    summary: all.map(({ summary }) => summary).join(""),
  };
}

async function runSteps(
  steps: readonly Step[],
  fixed: Contexts,
  scope: Scope,
): Promise<StepResult[]> {
  const done: StepResult[] = [];
  for (const step of steps) {
    const failure = done.some(({ conclusion }) => conclusion === "failure");
    const job = { ...(fixed.job as object), status: failure ? "failure" : "success" };
    const env = { ...scope.env, ...scope.exported };
    const contexts = { ...fixed, job, env, steps: byId(done) };
    const label = { name: step.name ?? step.uses ?? step.run ?? "", id: step.id };
    if (!isMet(step.if, contexts, { success: !failure, failure, cancelled: false })) {
      const nothing = { outputs: {}, log: "", summary: "" };
      done.push({ ...label, outcome: "skipped", conclusion: "skipped", ...nothing });
      continue;
    }
    const { failed, ...result } = await performStep(step, contexts, scope);
    const isExcused = step["continue-on-error"] === true;
    const outcome = failed ? "failure" : "success";
    done.push({ ...label, outcome, conclusion: isExcused ? "success" : outcome, ...result });
  }
  return done;
}

/** The context `steps`. */
function byId(steps: readonly StepResult[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    steps.flatMap(({ id, outcome, conclusion, outputs }) =>
      id === undefined ? [] : [[id, { outcome, conclusion, outputs }]],
    ),
  );
}
