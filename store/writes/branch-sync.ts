/** Follows a branch: fetches it, serves its newest valid snapshot, and knows what is wrong with it. */
import { compile } from "../../schema/compile/compile.ts";
import type { Release } from "../../schema/compile/release.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import type { RemoteBranch } from "../git/remote-branch.ts";
import { WriteUnavailableError } from "../git/unavailable.ts";
import { type AppliedCommits, applyCommitsToSnapshot } from "../snapshot/apply-commits.ts";
import type { Page } from "../snapshot/change-index.ts";
import type { FlagChange } from "../snapshot/flag-changes.ts";
import { type Reading, Repository } from "../snapshot/repository.ts";
import { IdempotencyIndex } from "./idempotency-index.ts";
import { Listeners } from "./listeners.ts";
import { type GitMeasurement, measureGit } from "./measure-git.ts";
import { type SyncStatus, syncFailed, syncSucceeded } from "./store-health.ts";

/** What is served: a snapshot and its responses. */
export interface CurrentRelease {
  readonly snapshot: Snapshot;
  readonly release: Release;
}

/** After so many commits of which only the changes were read, one is read whole. */
const wholeAfter = 500;

/** Its methods take turns; the caller sees to that. */
export class BranchSync {
  readonly branch: RemoteBranch;
  /** Of the commits up to `head`. */
  readonly keys = new IdempotencyIndex();
  /** Hear of each new snapshot, once it is served. */
  readonly onChange = new Listeners<[CurrentRelease]>();
  /** Hear how long git takes, for what. */
  readonly onGit = new Listeners<GitMeasurement>();
  readonly #repository: Repository;
  /** How often in a row only what changed was read. */
  #advanced = 0;
  #head = "";
  #serving: CurrentRelease | undefined;
  #standing: SyncStatus = { syncedAtMs: 0, problems: [] };

  /** Fetches, or goes on with what the clone has when the remote is gone. As `FlagStore.open()`. */
  static async open(branch: RemoteBranch, acceptRemote: boolean): Promise<BranchSync> {
    const branchSync = new BranchSync(branch, await Repository.open(branch.directory));
    const known = branch.accepted;
    if (acceptRemote) branch.forget();
    try {
      await branchSync.fetchAndApply();
    } catch (error) {
      if (acceptRemote || known === undefined) throw error;
      branchSync.recordFailure(error);
      await branchSync.applyCommit(known).catch((reason) => branchSync.recordFailure(reason));
    }
    if (!branchSync.current)
      await branchSync.#serveValid().catch((reason) => branchSync.recordFailure(reason));
    return branchSync;
  }

  private constructor(branch: RemoteBranch, repository: Repository) {
    this.branch = branch;
    this.#repository = repository;
  }

  /** The newest commit of the branch that was seen, valid or not; `""` before the first. */
  get head(): string {
    return this.#head;
  }

  /** Missing as long as no commit of the branch was ever valid. */
  get current(): CurrentRelease | undefined {
    return this.#serving;
  }

  get status(): SyncStatus {
    return this.#standing;
  }

  /** What a write may be decided on. Throws `WriteUnavailableError` where there is nothing. */
  get writable(): CurrentRelease {
    const { stopped, problems } = this.#standing;
    if (stopped !== undefined) throw new WriteUnavailableError(stopped);
    if (this.#serving && problems.length === 0) return this.#serving;
    const [first] = problems;
    const where = first
      ? `${first.file}:${first.line}:${first.column}: ${first.message}`
      : "it is empty";
    throw new WriteUnavailableError(`Cannot write: the head of the branch is not valid (${where})`);
  }

  /** Fetches the branch, and serves what is new. */
  async fetchAndApply(): Promise<void> {
    const head = await this.fetch();
    if (head !== this.#head) await this.applyCommit(head);
  }

  /** Fetches the branch and returns its head, which is not served yet. */
  async fetch(): Promise<string> {
    try {
      const head = await measureGit(this.onGit, "fetch", () => this.branch.fetch());
      this.#standing = syncSucceeded(this.#standing);
      return head;
    } catch (error) {
      this.recordFailure(error);
      throw error;
    }
  }

  /** Serves a commit, if it is valid; else goes on with what was served before. */
  async applyCommit(commit: string): Promise<void> {
    const known = this.#head || undefined;
    // Git works on both at once.
    const [{ snapshot, problems, changed }] = await this.withRepairedClone(() =>
      Promise.all([this.#read(commit), this.keys.read(this.branch.directory, commit, known)]),
    );
    const { release } = this.#serving ?? {};
    const earlier = release && changed && { release, changed };
    const serving = snapshot && { snapshot, release: compile(snapshot, earlier) };
    this.#head = commit;
    const errors = problems.filter(({ severity }) => severity === "error");
    this.#standing = { ...this.#standing, problems: errors };
    if (!serving) return;
    this.#serve(serving);
    await this.branch.remember(commit);
  }

  /** All of a commit, or what changed since the one that is served. Now and then all, so that a start finds it in the cache. */
  async #read(
    commit: string,
  ): Promise<Pick<Reading, "problems" | "snapshot"> & Partial<AppliedCommits>> {
    const from = this.#serving?.snapshot;
    const isDue = this.#advanced >= wholeAfter;
    const next =
      from && !isDue && (await applyCommitsToSnapshot(this.branch.directory, from, commit));
    this.#advanced = next ? this.#advanced + 1 : 0;
    return next ? { ...next, problems: [] } : this.#repository.read(commit, "");
  }

  /** Keeps what went wrong for whoever asks for the condition. */
  recordFailure(error: unknown): void {
    this.#standing = syncFailed(this.#standing, error);
  }

  /** Does what takes nothing but the clone. Where that fails the clone is mended, and it is done once more. */
  async withRepairedClone<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch {
      await this.branch.mend();
      return work();
    }
  }

  /** Reads any commit of the clone. */
  async snapshotAt(commit: string): Promise<Snapshot | undefined> {
    return (await this.#repository.read(commit, "")).snapshot;
  }

  /** The changes of a flag up to the head of the branch, as `Repository.changesOf()`. */
  async changesOf(name: string, environment: string, page: Page): Promise<FlagChange[]> {
    return this.#head === "" ? [] : this.#repository.changesOf(this.#head, name, environment, page);
  }

  /** Serves what was valid last. */
  async #serveValid(): Promise<void> {
    const { valid } = this.branch;
    if (valid === undefined) return;
    const snapshot = await this.snapshotAt(valid);
    if (snapshot) this.#serve({ snapshot, release: compile(snapshot) });
  }

  #serve(serving: CurrentRelease): void {
    this.#serving = serving;
    this.onChange.tell(serving);
  }
}
