/**
 * The flags of a remote branch, to read and to write. Reads come from the last valid snapshot and
 * never wait. Writes wait in one queue and go to the remote many at a time: each is a commit of
 * its own, one push takes them all.
 */
import type { EmergencyChange } from "../../schema/change/emergency-change.ts";
import type { TimedFlag } from "../../schema/flag/snapshot.ts";
import { defaultProject, type Project } from "../../schema/project/project.ts";
import { createCommits } from "../git/commits.ts";
import { RemoteUnavailableError } from "../git/remote.ts";
import type { RemoteBranch } from "../git/remote-branch.ts";
import type { Signer } from "../git/signer.ts";
import { asUnavailable, WriteUnavailableError } from "../git/unavailable.ts";
import type { Page } from "../snapshot/change-index.ts";
import type { FlagChange } from "../snapshot/flag-changes.ts";
import { BatchQueue } from "./batch-queue.ts";
import { BranchSync, type CurrentRelease } from "./branch-sync.ts";
import { readEmergencyChanges } from "./emergency-changes.ts";
import { Listeners } from "./listeners.ts";
import { type GitMeasurement, measureGit } from "./measure-git.ts";
import type { Proposal } from "./proposal.ts";
import { pushWithRetry } from "./push-with-retry.ts";
import type { StoreHealth } from "./store-health.ts";
import type { Write, WriteResult } from "./write.ts";
import { decideBatch } from "./write-batch.ts";

/** How long a lost race is remembered, in milliseconds. */
const contentionWindowMs = 10_000;
const limits = { waiting: 1_000, batch: 256 };

export class FlagStore {
  readonly #branchSync: BranchSync;
  readonly #patience: number;
  readonly #signer: Signer | undefined;
  readonly #onConflict = new Listeners<[]>();
  readonly #queue: BatchQueue<Write, WriteResult>;
  #turn: Promise<unknown> = Promise.resolve();
  #nextSync: Promise<void> | undefined;
  /** When a race was lost last. */
  #lost = Number.NEGATIVE_INFINITY;

  /**
   * Opens the store on a clone; fetches, or goes on with what the clone has when the remote is gone.
   * `acceptRemote` takes the branch for what it is now, and throws where that cannot be known.
   * `patience` is how long a write may wait, and how long to try for it, in milliseconds. With
   * `signer`, each commit is signed.
   */
  static async open(
    branch: RemoteBranch,
    acceptRemote = false,
    patience = 15_000,
    signer?: Signer,
  ): Promise<FlagStore> {
    return new FlagStore(await BranchSync.open(branch, acceptRemote), patience, signer);
  }

  private constructor(branchSync: BranchSync, patience: number, signer: Signer | undefined) {
    this.#branchSync = branchSync;
    this.#patience = patience;
    this.#signer = signer;
    this.#queue = new BatchQueue({
      work: (writes) => this.#attempt(writes),
      runExclusive: (run) => this.#inTurn(run),
      isContended: () => performance.now() - this.#lost < contentionWindowMs,
      limits,
      timeoutMs: patience,
      refuse: (why) => new WriteUnavailableError(`Cannot take the change: ${why}`),
    });
  }

  /** Missing as long as no commit of the branch was ever valid. */
  get current(): CurrentRelease | undefined {
    return this.#branchSync.current;
  }

  /** The newest commit of the branch that was fetched, valid or not; `""` if there is none yet. */
  get head(): string {
    return this.#branchSync.head;
  }

  /** The project of the current release; the default one before the first release. */
  get project(): Project {
    return this.current?.snapshot.project ?? defaultProject;
  }

  get health(): StoreHealth {
    return { ...this.#branchSync.status, queued: this.#queue.length };
  }

  /** Hears of each new snapshot, once it is served. */
  onChange(listener: (serving: CurrentRelease) => void): void {
    this.#branchSync.onChange.add(listener);
  }

  /** Hears how long git takes, for what. */
  onGit(listener: (...event: GitMeasurement) => void): void {
    this.#branchSync.onGit.add(listener);
  }

  /** Hears when another commit came first. */
  onConflict(listener: () => void): void {
    this.#onConflict.add(listener);
  }

  /**
   * Looks for commits that others made. Never throws: `condition` says how it went. Those who call
   * before it has begun share one look.
   */
  sync(): Promise<void> {
    this.#nextSync ??= this.#inTurn(async () => {
      this.#nextSync = undefined;
      await this.#branchSync
        .fetchAndApply()
        .catch((error) => this.#branchSync.recordFailure(error));
    });
    return this.#nextSync;
  }

  /**
   * Does a write, and returns once its commit is on the remote or it is clear that there will be
   * none. Throws `WriteUnavailableError`.
   */
  write(write: Write): Promise<WriteResult> {
    return this.#queue.add(write);
  }

  /**
   * Lets a proposed commit wait on a branch of its own, and returns what stands there then. While it is
   * `inReview`, what people put on top of it stays. Throws `WriteUnavailableError`.
   */
  async propose({ base, branch, commit }: Proposal, inReview: boolean): Promise<string> {
    const branchSync = this.#branchSync;
    try {
      return await this.#inTurn(async () => {
        const [id = ""] = await branchSync.withRepairedClone(() =>
          createCommits(branchSync.branch.directory, base, [commit], this.#signer),
        );
        return measureGit(branchSync.onGit, "push", () =>
          branchSync.branch.proposalBranch(branch).put(id, inReview),
        );
      });
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /** The newest commits that broke the glass, the newest first. */
  async emergencyChanges(): Promise<EmergencyChange[]> {
    const { branch, head } = this.#branchSync;
    return head === "" ? [] : readEmergencyChanges(branch.directory, head);
  }

  /** The flag as it was at a commit; nothing where it was not there. */
  async flagAt(commit: string, name: string): Promise<TimedFlag | undefined> {
    const snapshot = await this.#branchSync.snapshotAt(commit);
    return snapshot?.flags.find((flag) => flag.name === name);
  }

  /** The changes of a flag as an environment saw them, the newest first. */
  async changesOf(name: string, environment: string, page: Page): Promise<FlagChange[]> {
    return this.#branchSync.changesOf(name, environment, page);
  }

  /** Takes no more writes, and waits for what was begun. */
  async close(): Promise<void> {
    await this.#queue.close();
    await this.#turn;
  }

  /** One thing at a time reaches for the clone. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #attempt(writes: readonly Write[]): Promise<readonly WriteResult[]> {
    try {
      return await this.pushUntilAccepted(writes);
    } catch (error) {
      this.#branchSync.recordFailure(error);
      throw asUnavailable(error);
    }
  }

  /** Decides the writes on the newest state, again and again until the remote takes them. */
  async pushUntilAccepted(writes: readonly Write[]): Promise<readonly WriteResult[]> {
    const deadline = Date.now() + this.#patience;
    const branchSync = this.#branchSync;
    const { directory } = branchSync.branch;
    for (let isFresh = false; ; isFresh = true) {
      const { snapshot } = branchSync.writable;
      const { commits, results } = await branchSync.withRepairedClone(() =>
        decideBatch(directory, snapshot, branchSync.keys, writes),
      );
      if (commits.length === 0) {
        if (isFresh) return results([]);
        await this.#refresh(results([]));
        continue;
      }
      if (branchSync.status.unreachable !== undefined) {
        // It was gone a moment ago: nothing is worth beginning before it is back.
        await branchSync.fetchAndApply();
        continue;
      }
      const ids = await branchSync.withRepairedClone(() =>
        measureGit(branchSync.onGit, "commit", () =>
          createCommits(directory, snapshot.commit, commits, this.#signer),
        ),
      );
      if (await pushWithRetry(branchSync, ids.at(-1) ?? "", snapshot.commit, deadline))
        return results(ids);
      this.#lost = performance.now();
      this.#onConflict.tell();
      if (Date.now() > deadline)
        throw new WriteUnavailableError("Cannot write: other commits came first each time");
    }
  }

  /** Fetches, so that results for which nothing was committed rest on what the remote has now. */
  async #refresh(results: readonly WriteResult[]): Promise<void> {
    await this.#branchSync.fetchAndApply().catch((error) => {
      // A refusal may rest on what was known last. That all is as wanted, or needs a review, may not.
      const isGranted = results.some(({ status }) => ["unchanged", "protected"].includes(status));
      if (isGranted || !(error instanceof RemoteUnavailableError)) throw error;
    });
  }
}
