import { type LogCommit, readLog } from "../git/log.ts";
import { fetchedRef, takeFetchedRef } from "./clone-record.ts";
import { isServerEmail } from "./commits.ts";
import { PushDeclinedError } from "./declined.ts";
import type { Remote } from "./remote.ts";

const maxAttempts = 3;

/** A branch of a remote, and a clone into which it is fetched. */
export interface ProposalBranch {
  readonly directory: string;
  readonly remote: Remote;
  readonly branch: string;
  /** Limits each fetch and each push. */
  readonly timeoutMs: number;
}

/**
 * Pushes `commit` to a branch of its own for a review. Returns the head of that branch, which may be
 * another commit with the same content and the same parent. While the proposal is `inReview`, commits
 * that people added are kept. Throws `RemoteUnavailableError`.
 */
export async function putProposal(
  { directory, remote, branch, timeoutMs }: ProposalBranch,
  commit: string,
  inReview: boolean,
): Promise<string> {
  const ref = `refs/heads/${branch}`;
  for (let attempt = 1; ; attempt++) {
    const exists = (await remote.find(ref, timeoutMs)) !== undefined;
    if (exists) await remote.fetch(directory, `+${ref}:${fetchedRef}`, timeoutMs);
    const tip = exists ? takeFetchedRef(directory) : undefined;
    if (tip !== undefined && (await isGood(directory, tip, commit, inReview))) return tip;
    try {
      // With a lease on what was seen, so that no unseen work is overwritten.
      await remote.push(directory, `${commit}:${ref}`, `${ref}:${tip ?? ""}`, timeoutMs);
      return commit;
    } catch (error) {
      // Another server pushed first, or the answer was lost: fetching the branch shows which.
      if (attempt === maxAttempts || error instanceof PushDeclinedError) throw error;
    }
  }
}

async function isGood(
  directory: string,
  tip: string,
  commit: string,
  inReview: boolean,
): Promise<boolean> {
  const commits = new Map<string, LogCommit>();
  for await (const one of readLog(directory, { from: [tip, commit], walk: "given" }))
    commits.set(one.id, one);
  const [found, wanted] = [commits.get(tip), commits.get(commit)];
  const isSame =
    found !== undefined &&
    found.tree === wanted?.tree &&
    found.parents.join() === wanted.parents.join() &&
    found.committer.email === wanted.committer.email;
  return isSame || (inReview && !isServerEmail(found?.committer.email ?? ""));
}
