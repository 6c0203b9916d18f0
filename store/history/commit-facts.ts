import type { CommitFacts } from "../../schema/plan/commit-warnings.ts";
import { readLog } from "../git/log.ts";
import { branchParent } from "./branch-merges.ts";

/** Maximum number of commits that are read: older ones were reported before. */
const maxCommits = 100;

/** Facts about the newest commits of a branch up to `head`, or those after the commit `after`, newest first. */
export async function readCommitFacts(
  directory: string,
  head: string,
  after?: string,
): Promise<CommitFacts[]> {
  const facts: CommitFacts[] = [];
  for (let from: string | undefined = head; from !== undefined; ) {
    const tip: string = from;
    const options = { from: [tip], after, maxCount: maxCommits - facts.length };
    from = undefined;
    for await (const commit of readLog(directory, { ...options, walk: "first-parent" })) {
      const { id, time, parents } = commit;
      const branch = parents.length > 1 ? await branchParent(directory, commit) : undefined;
      facts.push({ commit: id, time, isPullMerge: branch !== undefined });
      if (branch === undefined) continue;
      from = facts.length < maxCommits ? branch : undefined;
      break;
    }
  }
  return facts;
}
