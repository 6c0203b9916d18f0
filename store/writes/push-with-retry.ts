/** Brings commits to the remote. What became of a push that nobody answered for, the branch itself must say. */
import { setTimeout as pause } from "node:timers/promises";
import { RemoteRewoundError } from "../git/remote-branch.ts";
import { WriteUnavailableError } from "../git/unavailable.ts";
import type { BranchSync } from "./branch-sync.ts";
import { measureGit } from "./measure-git.ts";

/** How often the same commits are pushed before the remote is taken at its word. */
const maxPushes = 4;
/** What stands behind a pause, in milliseconds: between two questions, and after the first push. */
const pausesMs = { question: 250, push: 250 };

/**
 * Moves the branch from `parent` to `commit`, and serves what it is at then. False where others came
 * first: theirs is served. Throws where the remote takes neither, or does not say until `deadline`
 * (milliseconds since 1970): nothing that landed is ever taken for failed.
 */
export async function pushWithRetry(
  branchSync: BranchSync,
  commit: string,
  parent: string,
  deadline: number,
): Promise<boolean> {
  for (let push = 1; ; push++) {
    const failure = await tryPush(branchSync, commit, parent);
    const head = failure ? await fetchHead(branchSync, deadline, failure) : commit;
    if (head !== parent) return receive(branchSync, head, commit);
    // Refused, or lost on the way. The same commits again: however many arrive, they are there once.
    if (push === maxPushes || Date.now() > deadline) {
      const message = "Cannot write: the remote did not take the commit";
      throw new WriteUnavailableError(message, { cause: failure });
    }
    await pause(pausesMs.push * 2 ** (push - 1));
  }
}

/** Why a push failed; nothing when it did not. */
async function tryPush(
  { branch, onGit }: BranchSync,
  commit: string,
  parent: string,
): Promise<Error | undefined> {
  try {
    await measureGit(onGit, "push", () => branch.push(commit, parent));
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** The head of the branch after a push that failed, or whose answer was lost. */
async function fetchHead(branchSync: BranchSync, deadline: number, cause: Error): Promise<string> {
  for (;;) {
    try {
      return await branchSync.fetch();
    } catch (error) {
      if (error instanceof RemoteRewoundError) throw error;
      if (Date.now() > deadline) {
        const message = "Cannot tell whether the change was made: the remote does not answer";
        throw new WriteUnavailableError(message, { cause });
      }
    }
    await pause(pausesMs.question);
  }
}

/** Whether `commit` is in `head`, which the remote is known to hold. Serves `head`. */
async function receive(branchSync: BranchSync, head: string, commit: string): Promise<boolean> {
  const { branch } = branchSync;
  if (head === commit) await branch.accept(commit);
  else if (!(await branchSync.withRepairedClone(() => branch.contains(head, commit)))) {
    await branchSync.applyCommit(head);
    return false;
  }
  // From here on the writes are done, whatever becomes of their commits here.
  await branchSync.applyCommit(head).catch((error) => branchSync.recordFailure(error));
  return true;
}
