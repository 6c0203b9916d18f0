/** A batch of writes: each is a commit of its own, one push takes them all. */
import type { CommitKeys } from "../../schema/change/commit-signature.ts";
import type { BranchSync } from "../branch/branch-sync.ts";
import { measureGit } from "../branch/measure-git.ts";
import { pushWithRetry } from "../branch/push-with-retry.ts";
import { createCommits } from "../remote/commits.ts";
import { RemoteUnavailableError } from "../remote/remote.ts";
import type { Signer } from "../remote/signer.ts";
import { WriteUnavailableError } from "../remote/unavailable.ts";
import type { Write, WriteResult } from "./write.ts";
import { decideBatch } from "./write-batch.ts";

export interface PushOptions {
  /** How long to try. */
  readonly timeoutMs: number;
  readonly commitKeys: CommitKeys;
  /** Signs commits in git's own way. */
  readonly signer: Signer | undefined;
  /** Called when a push is rejected because another commit was pushed first. */
  readonly onConflict: () => void;
}

/** Decides the writes on the newest state, and repeats this until the remote accepts the commits. */
export async function pushBatch(
  branchSync: BranchSync,
  writes: readonly Write[],
  { timeoutMs, commitKeys, signer, onConflict }: PushOptions,
): Promise<readonly WriteResult[]> {
  const deadline = performance.now() + timeoutMs;
  const { directory } = branchSync.branch;
  for (let hasFetched = false; ; hasFetched = true) {
    const { snapshot } = branchSync.writable;
    const { commits, results } = await branchSync.withRepairedClone(() =>
      decideBatch(directory, snapshot, branchSync.index, commitKeys, writes),
    );
    if (commits.length === 0) {
      if (hasFetched) return results([]);
      await refresh(branchSync, results([]));
      continue;
    }
    if (branchSync.status.unreachable !== undefined) {
      // The remote did not answer the last time: fetch before creating commits.
      await branchSync.fetchAndApply();
      continue;
    }
    const created = await branchSync.withRepairedClone(() =>
      measureGit(branchSync.onGit, "commit", () =>
        createCommits(directory, snapshot.commit, commits, signer),
      ),
    );
    if (await pushWithRetry(branchSync, created, deadline))
      return results(created.map(({ id }) => id));
    onConflict();
    if (performance.now() > deadline)
      throw new WriteUnavailableError("Cannot write: other commits came first each time");
  }
}

/** Fetches, so that results without a commit are decided on what the remote has now. */
async function refresh(branchSync: BranchSync, results: readonly WriteResult[]): Promise<void> {
  await branchSync.fetchAndApply().catch((error) => {
    // A refusal may be decided on an older state; a success, or the need for a review, may not.
    const isGranted = results.some(({ status }) => ["unchanged", "protected"].includes(status));
    if (isGranted || !(error instanceof RemoteUnavailableError)) throw error;
  });
}
