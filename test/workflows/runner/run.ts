/** A run of one workflow: its jobs, each after those that it needs. */
import { type Contexts, interpolate, isMet } from "./expression.ts";
import type { Host } from "./host.ts";
import { type JobResult, joinResults, runJob, skippedJob } from "./job.ts";
import { rightsOf } from "./rights.ts";
import { fill } from "./step.ts";
import { ancestorsOf, type Job, matrixOf, needsOf, type Workflow } from "./workflow.ts";

export interface Run {
  readonly workflow: string;
  readonly conclusion: "success" | "failure" | "skipped";
  readonly concurrency: { readonly group: string; readonly cancels: boolean } | undefined;
  readonly jobs: Readonly<Record<string, JobResult>>;
  /** The permissions that it requested and did not get, because it is a run for a fork. */
  readonly refused: readonly string[];
}

export async function runWorkflow(workflow: Workflow, host: Host): Promise<Run> {
  const { github, inputs } = host;
  const vars = host.vars[""] ?? {};
  const jobs: Record<string, JobResult> = {};
  const refused: string[] = [];
  for (const id of inOrder(workflow)) {
    const job = workflow.jobs[id] as Job;
    const needs = pick(jobs, needsOf(job));
    const before = Object.values(pick(jobs, [...ancestorsOf(workflow, job)]));
    const status = {
      success: before.every(({ result }) => result === "success"),
      failure: before.some(({ result }) => result === "failure"),
      cancelled: false,
    };
    if (!isMet(job.if, { github, inputs, needs, vars }, status)) {
      jobs[id] = skippedJob;
      continue;
    }
    if (job.uses !== undefined) {
      const called = await callWorkflow(job, host, needs);
      for (const [inner, result] of Object.entries(called.jobs)) jobs[`${id} / ${inner}`] = result;
      refused.push(...called.refused);
      const result = called.conclusion;
      jobs[id] = { ...skippedJob, result };
      continue;
    }
    const rights = rightsOf(workflow, job, host.isStrangers, host.secrets);
    refused.push(...rights.refused);
    const results: JobResult[] = [];
    for (const matrix of matrixOf(job))
      results.push(await runJob(workflow, job, { ...host, needs, rights, matrix }));
    jobs[id] = joinResults(results);
  }
  const { group, "cancel-in-progress": cancels = false } = workflow.concurrency ?? {};
  return {
    workflow: workflow.name,
    conclusion: conclude(jobs),
    concurrency:
      group === undefined
        ? undefined
        : { group: interpolate(group, { github, inputs, vars }), cancels },
    jobs,
    refused,
  };
}

/** A job that is another workflow: its jobs may do no more than this one. */
async function callWorkflow(job: Job, host: Host, needs: Contexts): Promise<Run> {
  const { workflow, source } = host.findReusable(job.uses ?? "", host.source);
  const trigger = workflow.on.workflow_call;
  if (trigger === undefined) throw new Error(`Cannot call "${job.uses}": it has no workflow_call`);
  const { github, vars } = host;
  const given = fill(job.with, { github, inputs: host.inputs, needs, vars: vars[""] ?? {} });
  const declared = Object.entries((trigger?.inputs ?? {}) as Record<string, { default?: unknown }>);
  const inputs = declared.map(([name, input]) => [name, given[name] ?? input.default ?? ""]);
  for (const called of Object.values(workflow.jobs)) refuseMoreRights(called, job);
  const secrets = job.secrets === "inherit" ? host.secrets : {};
  return runWorkflow(workflow, { ...host, source, secrets, inputs: Object.fromEntries(inputs) });
}

/** GitHub does not start a called workflow that asks for more than the calling job has. */
function refuseMoreRights({ permissions = {} }: Job, caller: Job): void {
  for (const [area, level] of Object.entries(permissions)) {
    const has = caller.permissions?.[area];
    if (has === level || has === "write") continue;
    throw new Error(`Cannot call "${caller.uses}": the job lacks the permission ${area}: ${level}`);
  }
}

function conclude(jobs: Readonly<Record<string, JobResult>>): Run["conclusion"] {
  const results = Object.values(jobs).map(({ result }) => result);
  if (results.includes("failure")) return "failure";
  return results.includes("success") ? "success" : "skipped";
}

/** Every job after those that it needs. */
function inOrder(workflow: Workflow): string[] {
  const order: string[] = [];
  const pending = Object.keys(workflow.jobs);
  while (pending.length > 0) {
    const next = pending.findIndex((id) =>
      needsOf(workflow.jobs[id] as Job).every((needed) => order.includes(needed)),
    );
    if (next < 0) throw new Error(`Cannot run "${workflow.name}": ${pending} wait for each other`);
    order.push(...pending.splice(next, 1));
  }
  return order;
}

function pick<T>(all: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(keys.map((key) => [key, all[key] as T]));
}
