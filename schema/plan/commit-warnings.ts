/** Warnings about unusual commits of a branch. They are only reported: no commit is refused because of them. */
import { lastSecond } from "../flag/commit-time.ts";
import { timestamp } from "../flag/snapshot.ts";
import { shortId } from "../text/show.ts";

export interface CommitFacts {
  /** Full id. */
  readonly commit: string;
  /** Committer time as the commit has it, in seconds since 1970. */
  readonly time: number;
  /** Whether the commit merged the branch into other commits, so that the branch is not its first parent. */
  readonly isPullMerge: boolean;
}

export interface CommitWarning {
  readonly code: "commit-date-ahead" | "commit-date-invalid" | "pull-merge";
  readonly commit: string;
  readonly message: string;
  readonly hint: string;
}

/** Smaller differences between clocks are normal. In seconds. */
const toleranceSeconds = 60;

/** Warnings in the order of the commits. `now` is the reader's clock, in seconds since 1970. */
export function checkCommits(commits: readonly CommitFacts[], now: number): CommitWarning[] {
  return commits.flatMap((facts) => [...checkDate(facts, now), ...checkMerge(facts)]);
}

function checkDate({ commit, time }: CommitFacts, now: number): CommitWarning[] {
  const id = shortId(commit);
  if (!(time > 0 && time <= lastSecond)) {
    const message = `Commit ${id} has no valid date: ${time} is outside of the years 1970 to 9999`;
    const hint = "the time of the commit before it, or the nearest valid time, is served instead";
    return [{ code: "commit-date-invalid", commit, message, hint }];
  }
  if (time <= now + toleranceSeconds) return [];
  const message = `Commit ${id} is dated ${timestamp(time)}, ahead of the clock (${timestamp(now)})`;
  const hint =
    "later commits are served with this time until the clock reaches it; correct the committer's clock";
  return [{ code: "commit-date-ahead", commit, message, hint }];
}

function checkMerge({ commit, isPullMerge }: CommitFacts): CommitWarning[] {
  if (!isPullMerge) return [];
  const message = `Commit ${shortId(commit)} merges the branch into other commits: the branch is not its first parent`;
  const hint = 'use "git pull --rebase", and require a linear history for the branch';
  return [{ code: "pull-merge", commit, message, hint }];
}

/** The warning on one line, and its hint on another. */
export function formatCommitWarning({ code, message, hint }: CommitWarning): string {
  return `warning: ${message} [${code}]\n  hint: ${hint}`;
}
