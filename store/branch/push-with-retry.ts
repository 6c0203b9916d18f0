/** Pushes commits. If the answer to a push is lost, the branch shows whether the push succeeded. */
import { setTimeout as pause } from "node:timers/promises";
import type { CreatedCommit } from "../remote/commits.ts";
import { PushDeclinedError } from "../remote/declined.ts";
import { RemoteRewoundError } from "../remote/remote.ts";
import { WriteUnavailableError } from "../remote/unavailable.ts";
import type { BranchSync } from "./branch-sync.ts";
import { measureGit } from "./measure-git.ts";

/** Maximum number of pushes of the same commits. If the remote declines them twice, that is final. */
const maxPushes = 4;
/** Pauses between two fetches, and after the first push. */
const pausesMs = { fetch: 250, push: 250 };

/**
 * Moves the branch to the last of `created`, from the parent of the first, and serves its head. Returns
 * false if another commit came first; its release is served then. Throws `PushDeclinedError`, or
 * `WriteUnavailableError` if the remote has not confirmed the push by `deadline` (milliseconds of
 * `performance.now()`). A push that succeeded is never reported as failed.
 */
export async function pushWithRetry(
  branchSync: BranchSync,
  created: readonly CreatedCommit[],
  deadline: number,
): Promise<boolean> {
  const [commit = "", parent = ""] = [created.at(-1)?.id, created[0]?.parent];
  for (let push = 1; ; push++) {
    const pushed = measureGit(branchSync.onGit, "push", () =>
      branchSync.branch.push(commit, parent),
    );
    const failure = await pushed.then(
      () => undefined,
      (error: Error) => error,
    );
    if (!failure) branchSync.recordPush();
    if (failure instanceof PushDeclinedError && push > 1) throw failure;
    const head = failure ? await fetchHead(branchSync, deadline, failure) : commit;
    if (head !== parent) return serveHead(branchSync, head, created);
    // The push was rejected or lost. Pushing the same commits again cannot apply them twice.
    if (push === maxPushes || performance.now() > deadline) {
      const message = "Cannot write: the remote did not accept the commit";
      throw new WriteUnavailableError(message, { cause: failure });
    }
    await pause(pausesMs.push * 2 ** (push - 1));
  }
}

/** Returns the head of the branch after a push that failed or whose answer was lost. */
async function fetchHead(branchSync: BranchSync, deadline: number, cause: Error): Promise<string> {
  for (;;) {
    try {
      return await branchSync.fetch();
    } catch (error) {
      if (error instanceof RemoteRewoundError) throw error;
      if (performance.now() > deadline) {
        const message = "Cannot tell whether the change was made: the remote does not answer";
        throw new WriteUnavailableError(message, { cause, isOutcomeUnknown: true });
      }
    }
    await pause(pausesMs.fetch);
  }
}

/** Serves `head`, which the remote has. Returns whether it contains the commits. */
async function serveHead(
  branchSync: BranchSync,
  head: string,
  created: readonly CreatedCommit[],
): Promise<boolean> {
  const { branch } = branchSync;
  const commit = created.at(-1)?.id ?? "";
  if (head === commit) branch.accept(commit);
  else if (!(await branchSync.withRepairedClone(() => branch.contains(head, commit)))) {
    await branchSync.applyCommit(head);
    return false;
  }
  // The commits are on the remote: the writes have succeeded, even if this clone cannot read them.
  await branchSync
    .applyCommit(head, head === commit ? created : [])
    .catch((error) => branchSync.recordFailure(error));
  return true;
}
