/** Follows a branch: fetches it, serves its newest valid snapshot, and records what is wrong with it. */
import { compile } from "../../schema/compile/compile.ts";
import type { Release } from "../../schema/compile/release.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import type { LogCommit } from "../git/log.ts";
import type { RemoteBranch } from "../git/remote-branch.ts";
import { WriteUnavailableError } from "../git/unavailable.ts";
import { type AppliedCommits, applyCommitsToSnapshot } from "../snapshot/apply-commits.ts";
import type { Page } from "../snapshot/change-index.ts";
import type { FlagChange } from "../snapshot/flag-changes.ts";
import { type Reading, Repository } from "../snapshot/repository.ts";
import { type ServedRelease, serveNext } from "./held-removals.ts";
import { Listeners } from "./listeners.ts";
import { type GitMeasurement, measureGit } from "./measure-git.ts";
import { RequestIndex } from "./request-index.ts";
import { type SyncStatus, syncFailed, syncSucceeded } from "./store-health.ts";

/** The newest valid commit, and what is served. */
export interface CurrentRelease {
  readonly snapshot: Snapshot;
  readonly release: Release;
  /** Differs from `release` if removals are held back. */
  readonly served: ServedRelease;
}

/** What is known of the branch. Anybody may read it at any time. */
export interface BranchState {
  /** The newest commit of the branch, valid or not; `""` before the first. */
  readonly head: string;
  /** Missing as long as no commit of the branch was valid. */
  readonly current: CurrentRelease | undefined;
  readonly status: SyncStatus;
  /** Reads any commit of the clone. */
  snapshotAt(commit: string): Promise<Snapshot | undefined>;
  /** The changes of a flag up to the head of the branch, as `Repository.changesOf()`. */
  changesOf(name: string, environment: string, page: Page): Promise<FlagChange[]>;
  /** Emits each new release, once it is served. */
  readonly onChange: Listeners<[CurrentRelease]>;
  /** Emits the duration of each git operation. */
  readonly onGit: Listeners<GitMeasurement>;
}

/** After so many updates from changes alone, a commit is read completely, so that a start finds it in the cache. */
const maxUpdates = 500;

/**
 * Changes the state of the branch and works in its clone. Two methods must not run at once, so one
 * gets it only from an `Exclusive`.
 */
export class BranchSync implements BranchState {
  readonly branch: RemoteBranch;
  /** Of the commits up to `head`. */
  readonly index: RequestIndex;
  readonly onChange = new Listeners<[CurrentRelease]>();
  readonly onGit = new Listeners<GitMeasurement>();
  readonly #repository: Repository;
  /** Updates from changes alone since a commit was read completely. */
  #updates = 0;
  #head = "";
  #current: CurrentRelease | undefined;
  #status: SyncStatus = { syncedAtMs: 0, problems: [] };

  /** Fetches the branch. If the remote is gone, continues with what the clone has. See `FlagStore.open()`. */
  static async open(
    branch: RemoteBranch,
    acceptRemote: boolean,
    commitKeys: readonly string[],
  ): Promise<BranchSync> {
    const repository = await Repository.open(branch.directory);
    const branchSync = new BranchSync(branch, repository, new RequestIndex(commitKeys));
    const known = branch.accepted;
    if (acceptRemote) branch.forget();
    // First what was served last, so that limits apply to commits that came while no server ran.
    if (!acceptRemote)
      await branchSync.#serveLastValid().catch((reason) => branchSync.recordFailure(reason));
    try {
      await branchSync.fetchAndApply();
    } catch (error) {
      if (acceptRemote || known === undefined) throw error;
      branchSync.recordFailure(error);
      await branchSync.applyCommit(known).catch((reason) => branchSync.recordFailure(reason));
    }
    return branchSync;
  }

  private constructor(branch: RemoteBranch, repository: Repository, index: RequestIndex) {
    this.branch = branch;
    this.index = index;
    this.#repository = repository;
  }

  get head(): string {
    return this.#head;
  }

  get current(): CurrentRelease | undefined {
    return this.#current;
  }

  get status(): SyncStatus {
    return this.#status;
  }

  /** The release that writes are decided on. Throws `WriteUnavailableError` if there is none. */
  get writable(): CurrentRelease {
    const { stopped, problems } = this.#status;
    if (stopped !== undefined) throw new WriteUnavailableError(stopped);
    if (this.#current && problems.length === 0) return this.#current;
    const [first] = problems;
    const where = first
      ? `${first.file}:${first.line}:${first.column}: ${first.message}`
      : "it is empty";
    throw new WriteUnavailableError(`Cannot write: the head of the branch is not valid (${where})`);
  }

  /** Fetches the branch and serves its head. */
  async fetchAndApply(): Promise<void> {
    const head = await this.fetch();
    if (head !== this.#head) await this.applyCommit(head);
  }

  /** Fetches the branch and returns its head, which is not served yet. */
  async fetch(): Promise<string> {
    try {
      const head = await measureGit(this.onGit, "fetch", () => this.branch.fetch());
      this.#status = syncSucceeded(this.#status);
      return head;
    } catch (error) {
      this.recordFailure(error);
      throw error;
    }
  }

  /**
   * Serves a commit if it is valid; otherwise the earlier release stays. `isOwn` says that this server
   * made all changes since the current commit.
   */
  async applyCommit(commit: string, isOwn = false): Promise<void> {
    const known = this.#head || undefined;
    const [{ snapshot, problems }] = await this.withRepairedClone(() =>
      Promise.all([this.#read(commit), this.index.read(this.branch.directory, commit, known)]),
    );
    const current = snapshot && { snapshot, release: compile(snapshot) };
    this.#head = commit;
    const errors = problems.filter(({ severity }) => severity === "error");
    this.#status = { ...this.#status, problems: errors };
    if (!current) return;
    const served = serveNext(this.#current?.served, current, isOwn);
    this.#serve({ ...current, served });
    if (served.held.length === 0) await this.branch.remember(commit);
  }

  /** Serves the newest valid commit as it is, without the flags whose removal was held back. */
  async acceptRemovals(): Promise<void> {
    const { snapshot, release } = this.#current ?? {};
    if (!snapshot || !release || this.#status.heldBack === undefined) return;
    this.#serve({ snapshot, release, served: { snapshot, release, held: [] } });
    await this.branch.remember(snapshot.commit);
  }

  /** Reads what changed since the current snapshot, or the complete commit. */
  async #read(
    commit: string,
  ): Promise<Pick<Reading, "problems" | "snapshot"> & Partial<AppliedCommits>> {
    const from = this.#current?.snapshot;
    const isDue = this.#updates >= maxUpdates;
    const next =
      from && !isDue && (await applyCommitsToSnapshot(this.branch.directory, from, commit));
    this.#updates = next ? this.#updates + 1 : 0;
    return next ? { ...next, problems: [] } : this.#repository.read(commit, "");
  }

  /** Records a failure in `status`. */
  recordFailure(error: unknown): void {
    this.#status = syncFailed(this.#status, error);
  }

  /** Records that the remote accepted a push. */
  recordPush(): void {
    this.#status = { ...this.#status, declined: undefined };
  }

  /** Runs work that needs only the clone. If it fails, repairs the clone and runs it once more. */
  async withRepairedClone<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch {
      await this.branch.mend();
      return work();
    }
  }

  async snapshotAt(commit: string): Promise<Snapshot | undefined> {
    return (await this.#repository.read(commit, "")).snapshot;
  }

  async changesOf(name: string, environment: string, page: Page): Promise<FlagChange[]> {
    if (this.#head === "") return [];
    const verify = (commit: LogCommit) => this.index.verify(commit);
    return this.#repository.changesOf(this.#head, name, environment, page, verify);
  }

  async #serveLastValid(): Promise<void> {
    const { valid } = this.branch;
    if (valid === undefined) return;
    const snapshot = await this.snapshotAt(valid);
    if (!snapshot) return;
    const current = { snapshot, release: compile(snapshot) };
    this.#serve({ ...current, served: { ...current, held: [] } });
  }

  #serve(current: CurrentRelease): void {
    this.#current = current;
    this.#status = { ...this.#status, heldBack: current.served.reason };
    this.onChange.emit(current);
  }
}
