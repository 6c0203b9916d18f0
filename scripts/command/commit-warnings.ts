import {
  type CommitWarning,
  checkCommits,
  formatCommitWarning,
} from "../../schema/plan/commit-warnings.ts";
import { resolveRevision } from "../../store/commit/revisions.ts";
import { readCommitFacts } from "../../store/history/commit-facts.ts";
import { note } from "./stderr.ts";

/**
 * Warnings about the commits up to `head` by this machine's clock: those after `after`, or the newest
 * ones. Empty if the directory is not a clone.
 */
export async function readCommitWarnings(
  directory: string,
  head: string,
  after?: string,
): Promise<CommitWarning[]> {
  const commit = await resolveRevision(directory, head).catch(() => undefined);
  if (commit === undefined) return [];
  const facts = await readCommitFacts(directory, commit, after);
  return checkCommits(facts, Math.floor(Date.now() / 1_000));
}

/** Writes warnings to stderr. */
export function reportCommitWarnings(warnings: readonly CommitWarning[]): void {
  for (const warning of warnings) note(formatCommitWarning(warning));
}
