/** The event that started this workflow run. GitHub wrote it, so it decides which pull request this is about. */
import { readFileSync } from "node:fs";
import type { GitHub } from "../../store/github/github.ts";
import { findOpenPulls, getPull, type PullRequest } from "../../store/github/pulls.ts";
import { wholeNumber } from "../command/checks.ts";

export interface CheckedPulls {
  readonly pulls: readonly PullRequest[];
  /** The workflow run that checked the pull request. */
  readonly run?: { readonly url: string; readonly failed: boolean } | undefined;
  /** The commit of a merge queue that the run checked, which is no pull request's own. */
  readonly queued?: string | undefined;
}

/** The value of `--pull-request`. */
export function parsePullRequest(text: string | undefined): number | undefined {
  return text === undefined ? undefined : wholeNumber("pull-request", text, 1, 999_999_999);
}

/**
 * The pull request that `--pull-request` names, or the open ones of the event; none if a pull request
 * has newer commits.
 */
export async function findCheckedPulls(
  github: GitHub,
  named: number | undefined,
): Promise<CheckedPulls> {
  if (named !== undefined) return { pulls: [await getPull(github, named)] };
  const event = readEvent(process.env.GITHUB_EVENT_PATH);
  const run = event.workflow_run;
  if (run) {
    const { head_sha: commit, head_branch: branch, head_repository, html_url, conclusion } = run;
    if (run.event === "merge_group" && isText(commit)) return { pulls: [], queued: commit };
    const owner = head_repository?.owner?.login;
    if (!isText(commit) || !isText(branch) || !isText(owner)) {
      throw new Error("Cannot find the pull request: the event's run has no head");
    }
    const pulls = await findOpenPulls(github, { owner, branch, commit });
    const failed = conclusion !== "success";
    return { pulls, run: isText(html_url) ? { url: html_url, failed } : undefined };
  }
  const number = event.pull_request?.number;
  if (Number.isInteger(number)) return { pulls: [await getPull(github, Number(number))] };
  const wanted = "wanted a workflow_run or pull_request event, or --pull-request N";
  throw new Error(`Cannot find the pull request: GITHUB_EVENT_PATH names none; ${wanted}`);
}

/** The parts of an event that are used here. */
interface Event {
  readonly workflow_run?: {
    readonly event?: unknown;
    readonly head_sha?: unknown;
    readonly head_branch?: unknown;
    readonly head_repository?: { readonly owner?: { readonly login?: unknown } } | null;
    readonly html_url?: unknown;
    readonly conclusion?: unknown;
  };
  readonly pull_request?: { readonly number?: unknown };
}

function readEvent(file: string | undefined): Event {
  if (!file) return {};
  try {
    return JSON.parse(readFileSync(file, "utf8")) ?? {};
  } catch (error) {
    throw new Error(`Cannot read GITHUB_EVENT_PATH "${file}": ${(error as Error).message}`);
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Where GitHub shows this workflow run, if this is one. */
export function runUrl(): string | undefined {
  const {
    GITHUB_SERVER_URL: server,
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ID: run,
  } = process.env;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
}
