/**
 * The flags of a remote branch, to read and to write. Reads come from the last valid snapshot and
 * never wait. Writes wait in one queue and go to the remote in batches.
 */
import type { CommitKeys } from "../../schema/change/commit-signature.ts";
import type { EmergencyChange } from "../../schema/change/emergency-change.ts";
import { findFlag, type TimedFlag } from "../../schema/flag/snapshot.ts";
import { defaultProject, type Project } from "../../schema/project/project.ts";
import type { BranchHistory } from "../branch/branch-history.ts";
import { BranchSync } from "../branch/branch-sync.ts";
import type { CurrentRelease } from "../branch/held-removals.ts";
import { Listeners } from "../branch/listeners.ts";
import { type GitMeasurement, measureGit } from "../branch/measure-git.ts";
import type { StoreHealth } from "../branch/store-health.ts";
import { readBlobText } from "../git/blobs.ts";
import { Exclusive } from "../locks/exclusive.ts";
import { createCommits } from "../remote/commits.ts";
import { PushDeclinedError } from "../remote/declined.ts";
import type { RemoteBranch } from "../remote/remote-branch.ts";
import type { Signer } from "../remote/signer.ts";
import { asWriteError, WriteUnavailableError } from "../remote/unavailable.ts";
import type { Repository } from "../snapshot/repository.ts";
import { BatchQueue } from "./batch-queue.ts";
import type { Proposal } from "./proposal.ts";
import { pushBatch } from "./push-batch.ts";
import type { Write, WriteResult } from "./write.ts";

/** Time for which a lost race counts as contention. */
const contentionWindowMs = 10_000;
const limits = { waiting: 1_000, batch: 256 };

export interface FlagStoreOptions {
  /** Keys that sign the commits of the API and verify them. */
  readonly commitKeys: CommitKeys;
  /** Accept the branch as it is now, even if it lost commits. Throws if the remote does not answer. */
  readonly acceptRemote?: boolean;
  /** Maximum time that a write waits, and that it is pushed again. */
  readonly timeoutMs?: number | undefined;
  /** Signs each commit in git's own way. */
  readonly signer?: Signer | undefined;
}

export class FlagStore {
  /** Emits each new release, once it is served. */
  readonly onChange: Listeners<[CurrentRelease]>;
  /** Emits the duration of each git operation. */
  readonly onGit: Listeners<GitMeasurement>;
  /** Emits if a push is rejected because another commit was pushed first. */
  readonly onConflict = new Listeners<[]>();
  /** Emits the remote's reason if it declines a push. */
  readonly onDecline = new Listeners<[reason: string]>();
  readonly #state: Pick<
    BranchSync,
    "head" | "current" | "status" | "history" | "index" | "repository"
  >;
  readonly #sync: Exclusive<BranchSync>;
  readonly #signer: Signer | undefined;
  readonly #queue: BatchQueue<Write, WriteResult, BranchSync>;
  #nextSync: Promise<void> | undefined;
  #lastConflictMs = Number.NEGATIVE_INFINITY;

  /** Opens the store on a clone and fetches. If the remote does not answer, continues with the commits in the clone. */
  static async open(branch: RemoteBranch, options: FlagStoreOptions): Promise<FlagStore> {
    const { acceptRemote = false, commitKeys } = options;
    const branchSync = await BranchSync.open(branch, acceptRemote, commitKeys);
    return new FlagStore(branchSync, options);
  }

  private constructor(branchSync: BranchSync, options: FlagStoreOptions) {
    const { commitKeys, timeoutMs = 15_000, signer } = options;
    this.onChange = branchSync.onChange;
    this.onGit = branchSync.onGit;
    this.#state = branchSync;
    this.#sync = new Exclusive(branchSync);
    this.#signer = signer;
    const onConflict = () => {
      this.#lastConflictMs = performance.now();
      this.onConflict.emit();
    };
    const push = { timeoutMs, commitKeys, signer, onConflict };
    this.#queue = new BatchQueue({
      work: (sync, writes) => this.#report(sync, () => pushBatch(sync, writes, push)),
      resource: this.#sync,
      isContended: () => performance.now() - this.#lastConflictMs < contentionWindowMs,
      limits,
      timeoutMs,
      refuse: (why) => new WriteUnavailableError(`Cannot accept the change: ${why}`),
    });
  }

  /** The clone. */
  get repository(): Repository {
    return this.#state.repository;
  }

  get history(): BranchHistory {
    return this.#state.history;
  }

  /** Missing as long as no commit of the branch was valid. */
  get current(): CurrentRelease | undefined {
    return this.#state.current;
  }

  /** The newest commit of the branch that was fetched, valid or not; `""` if there is none yet. */
  get head(): string {
    return this.#state.head;
  }

  /** The project of the current release; the default one before the first release. */
  get project(): Project {
    return this.current?.snapshot.project ?? defaultProject;
  }

  get health(): StoreHealth {
    return { ...this.#state.status, queued: this.#queue.length };
  }

  /** Fetches commits that others made. Never throws: `health` has the result. Calls that wait share one fetch. */
  sync(): Promise<void> {
    this.#nextSync ??= this.#sync.use(async (sync) => {
      this.#nextSync = undefined;
      await sync.fetchAndApply().catch((error) => sync.recordFailure(error));
    });
    return this.#nextSync;
  }

  /** Serves the removals that are held back: see `health.heldBack`. */
  acceptRemovals(): Promise<void> {
    return this.#sync.use((sync) => sync.acceptRemovals());
  }

  /**
   * Makes a write. Returns once its commit is on the remote, or it is clear that there will be none.
   * Throws `WriteUnavailableError` or `WriteDeclinedError`.
   */
  write(write: Write): Promise<WriteResult> {
    return this.#queue.add(write, write.actor.id, write.isEmergency);
  }

  /**
   * Puts a proposed commit on a branch of its own and returns the head of that branch. If it is
   * `inReview`, commits that people added stay. Throws as `write()`.
   */
  propose({ base, branch, commit }: Proposal, inReview: boolean): Promise<string> {
    const propose = async (sync: BranchSync) => {
      const [created] = await sync.withRepairedClone(() =>
        createCommits(this.repository.directory, base, [commit], this.#signer),
      );
      const head = await measureGit(sync.onGit, "push", () =>
        sync.branch.putProposal(branch, created?.id ?? "", inReview),
      );
      sync.recordPush();
      return head;
    };
    return this.#sync.use((sync) => this.#report(sync, () => propose(sync)));
  }

  /** The newest changes that were made without the required review, the newest first. */
  emergencyChanges(): Promise<EmergencyChange[]> {
    return this.#state.index.emergencyChanges(this.repository.directory);
  }

  /** The flag at a commit; `undefined` if it was not there. */
  async flagAt(commit: string, name: string): Promise<TimedFlag | undefined> {
    const { snapshot } = await this.repository.read(commit, "");
    return snapshot && findFlag(snapshot.flags, name);
  }

  /** The text of a flag's file, by the id of its blob. */
  textOf(object: string): Promise<string> {
    return readBlobText(this.repository.directory, object);
  }

  /** Accepts no more writes, and finishes those that wait. */
  async close(): Promise<void> {
    await this.#queue.close();
    await this.#sync.idle();
  }

  /** Runs work and records why it failed. */
  async #report<T>(sync: BranchSync, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      sync.recordFailure(error);
      if (error instanceof PushDeclinedError) this.onDecline.emit(error.message);
      throw asWriteError(error);
    }
  }
}
