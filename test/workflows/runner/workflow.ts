/** A workflow file for the runner. Keys that the runner does not support are refused. */
import { parse } from "yaml";

export interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;
  readonly permissions?: Permissions;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress"?: boolean };
  readonly defaults?: { readonly run: { readonly shell: string } };
  readonly env?: Variables;
  readonly jobs: Readonly<Record<string, Job>>;
}

export type Permissions = Readonly<Record<string, "read" | "write" | "none">>;
export type Variables = Readonly<Record<string, string | number | boolean>>;

export interface Job {
  readonly name?: string;
  readonly needs?: string | readonly string[];
  readonly if?: string;
  /** A reusable workflow, instead of steps. */
  readonly uses?: string;
  readonly with?: Variables;
  readonly secrets?: "inherit" | Variables;
  /** One job for each value of one key. */
  readonly strategy?: {
    readonly matrix: Readonly<Record<string, readonly string[]>>;
    readonly "fail-fast"?: boolean;
  };
  readonly "runs-on": string;
  /** Not started here: the steps run on this machine. */
  readonly container?: string;
  readonly "timeout-minutes"?: number;
  readonly environment?: { readonly name: string; readonly deployment?: boolean };
  readonly permissions?: Permissions;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly env?: Variables;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Variables;
  readonly env?: Variables;
  readonly run?: string;
  readonly shell?: string;
  readonly "continue-on-error"?: boolean;
}

const known = {
  workflow: ["name", "on", "permissions", "concurrency", "defaults", "env", "jobs"],
  job: [
    ...["name", "needs", "if", "runs-on", "container", "timeout-minutes", "environment"],
    ...["permissions", "outputs", "env", "steps", "uses", "with", "secrets", "strategy"],
  ],
  step: ["id", "name", "if", "uses", "with", "env", "run", "shell", "continue-on-error"],
  strategy: ["matrix", "fail-fast"],
  action: ["name", "description", "inputs", "runs"],
};

/** A composite action: its steps run in the job that uses it. */
export interface CompositeAction {
  readonly inputs?: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: { readonly using: "composite"; readonly steps: readonly Step[] };
}

export function parseAction(text: string): CompositeAction {
  const action: CompositeAction = parse(text);
  refuseOthers("action", action);
  for (const step of action.runs.steps) refuseOthers("step", step);
  return action;
}

export function parseWorkflow(text: string): Workflow {
  const workflow: Workflow = parse(text);
  refuseOthers("workflow", workflow);
  for (const job of Object.values(workflow.jobs)) {
    refuseOthers("job", job);
    refuseOthers("strategy", job.strategy ?? {});
    for (const step of job.steps ?? []) refuseOthers("step", step);
  }
  return workflow;
}

function refuseOthers(kind: keyof typeof known, value: object): void {
  const other = Object.keys(value).find((key) => !known[kind].includes(key));
  if (other !== undefined) {
    throw new Error(`Cannot run this workflow: the runner knows no "${other}" in a ${kind}`);
  }
}

/** The context `matrix` of each job that is made from this one. */
export function matrixOf({ strategy }: Job): readonly Readonly<Record<string, string>>[] {
  if (strategy === undefined) return [{}];
  const [[key, values] = ["", []], ...others] = Object.entries(strategy.matrix);
  if (others.length > 0 || strategy["fail-fast"] !== false)
    throw new Error("Cannot run this matrix: the runner knows one key, and fail-fast: false");
  return values.map((value) => ({ [key]: value }));
}

/** The jobs that a job waits for, itself not among them. */
export function needsOf({ needs = [] }: Job): readonly string[] {
  return typeof needs === "string" ? [needs] : needs;
}

/** Those, and the jobs that these wait for: success() and failure() of a job consider all of them. */
export function ancestorsOf(workflow: Workflow, job: Job): ReadonlySet<string> {
  const found = new Set<string>();
  const pending = [...needsOf(job)];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const needed = workflow.jobs[id];
    if (!needed) throw new Error(`Cannot run this workflow: it has no job "${id}"`);
    if (!found.has(id)) pending.push(...needsOf(needed));
    found.add(id);
  }
  return found;
}
