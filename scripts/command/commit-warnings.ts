import { checkCommits, formatCommitWarning } from "../../schema/plan/commit-warnings.ts";
import { resolveRevision } from "../../store/commit/revisions.ts";
import { readCommitFacts } from "../../store/history/commit-facts.ts";

/**
 * Writes to stderr what is odd about the commits up to `head`: those after `after`, or the newest
 * ones. Writes nothing if the directory is not a clone.
 */
export async function reportCommitWarnings(
  directory: string,
  head: string,
  after?: string,
): Promise<void> {
  const commit = await resolveRevision(directory, head).catch(() => undefined);
  if (commit === undefined) return;
  const facts = await readCommitFacts(directory, commit, after);
  for (const warning of checkCommits(facts, Math.floor(Date.now() / 1_000)))
    process.stderr.write(`${formatCommitWarning(warning)}\n`);
}
