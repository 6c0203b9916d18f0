/**
 * The secrets and permissions of a run: a run for a pull request of a fork gets no secrets, and no
 * permission to write.
 */
import type { Job, Permissions, Workflow } from "./workflow.ts";

export interface Rights {
  /** The permissions of the job's token. */
  readonly permissions: Permissions;
  readonly secrets: Readonly<Record<string, string>>;
  /** The permissions that the workflow requested and did not get. */
  readonly refused: readonly string[];
}

/** https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflows-in-forked-repositories */
export function rightsOf(
  workflow: Workflow,
  job: Job,
  isStrangers: boolean,
  secrets: Readonly<Record<string, string>>,
): Rights {
  const requested = job.permissions ?? workflow.permissions;
  if (!requested || typeof requested === "string") {
    throw new Error("Cannot run this job: it must name its permissions one by one");
  }
  const written = Object.keys(requested).filter((area) => requested[area] === "write");
  const named = isStrangers ? namedSecrets(job) : [];
  const given = Object.entries(requested).flatMap(([area, level]) => {
    if (level === "none" || (isStrangers && area === "id-token")) return [];
    return [[area, isStrangers ? "read" : level] as const];
  });
  return {
    permissions: Object.fromEntries(given),
    secrets: isStrangers ? {} : secrets,
    refused: isStrangers
      ? [...written.map((area) => `${area}: write`), ...named, ...environmentOf(job)]
      : [],
  };
}

/** The secrets that any expression of a job names, and its token. */
function namedSecrets(job: Job): string[] {
  const expressions = JSON.stringify(job).match(/\$\{\{.*?\}\}/g) ?? [];
  return expressions.filter((expression) => /\bsecrets\b/.test(expression));
}

function environmentOf({ environment }: Job): string[] {
  return environment ? [`environment: ${environment.name}`] : [];
}
