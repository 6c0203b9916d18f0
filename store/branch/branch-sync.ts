/** Follows a branch: fetches it, serves its newest valid snapshot, and records what is wrong with it. */
import { isError } from "../../schema/problem/problem.ts";
import type { HeldRelease } from "../remote/clone-record.ts";
import type { CreatedCommit } from "../remote/commits.ts";
import type { RemoteBranch } from "../remote/remote-branch.ts";
import { WriteUnavailableError } from "../remote/unavailable.ts";
import { compileSnapshot } from "../snapshot/compiled-snapshot.ts";
import { Repository } from "../snapshot/repository.ts";
import { readServedSnapshots } from "../snapshot/served-snapshots.ts";
import { SnapshotReader } from "../snapshot/snapshot-reader.ts";
import { BranchHistory } from "./branch-history.ts";
import { type CurrentRelease, holdBackRemovals, serveAll, serveNext } from "./held-removals.ts";
import { Listeners } from "./listeners.ts";
import { type GitMeasurement, measureGit } from "./measure-git.ts";
import { RequestIndex } from "./request-index.ts";
import { type SyncStatus, syncFailed, syncSucceeded } from "./store-health.ts";

/**
 * Changes the state of the branch and works in its clone. Two methods must not run at once, so callers
 * use them only through an `Exclusive`. The fields may be read at any time.
 */
export class BranchSync {
  readonly branch: RemoteBranch;
  /** Of the commits up to `head`. */
  readonly index: RequestIndex;
  readonly history: BranchHistory;
  /** Emits each new release, once it is served. */
  readonly onChange = new Listeners<[CurrentRelease]>();
  /** Emits the duration of each git operation. */
  readonly onGit = new Listeners<GitMeasurement>();
  readonly repository: Repository;
  readonly #reader: SnapshotReader;
  #head = "";
  #current: CurrentRelease | undefined;
  #status: SyncStatus = { syncedAtMs: 0, problems: [] };

  /** Fetches the branch. If the remote does not answer, continues with the commits in the clone. See `FlagStore.open()`. */
  static async open(
    branch: RemoteBranch,
    acceptRemote: boolean,
    commitKeys: readonly string[],
  ): Promise<BranchSync> {
    const repository = await Repository.open(branch.directory);
    const branchSync = new BranchSync(branch, repository, new RequestIndex(commitKeys));
    const known = branch.accepted;
    if (acceptRemote) branch.record.forget();
    // Serves the last served release first, so that limits apply to commits that were pushed while no server ran.
    if (!acceptRemote)
      await branchSync.#serveLast().catch((reason) => branchSync.recordFailure(reason));
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
    this.repository = repository;
    this.#reader = new SnapshotReader(repository);
    this.history = new BranchHistory(
      repository,
      () => this.#head,
      (commit) => index.verify(commit),
    );
  }

  /** The newest commit of the branch, valid or not; `""` before the first. */
  get head(): string {
    return this.#head;
  }

  /** Missing as long as no commit of the branch was valid. */
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
   * Serves a commit if it is valid; otherwise the earlier release stays. `created` are the commits since
   * the head, if this server made all of them.
   */
  async applyCommit(commit: string, created: readonly CreatedCommit[] = []): Promise<void> {
    const known = this.#head || undefined;
    const [{ snapshot, problems }] = await this.withRepairedClone(() =>
      Promise.all([
        this.#reader.read(commit, created),
        created.length > 0 || this.index.read(this.branch.directory, commit, known),
      ]),
    );
    this.index.add(created);
    const compiled = snapshot && compileSnapshot(snapshot);
    const next =
      compiled &&
      (await this.withRepairedClone(() => serveNext(this.#current, compiled, this.history)));
    this.#head = commit;
    this.#status = { ...this.#status, problems: problems.filter(isError) };
    if (next) this.#serve(next);
  }

  /** Serves the newest valid commit as it is, without the flags whose removal was held back. */
  async acceptRemovals(): Promise<void> {
    if (this.#current?.served.waiting.length) this.#serve(serveAll(this.#current));
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
      await this.branch.repair();
      return work();
    }
  }

  async #serveLast(): Promise<void> {
    const { held, valid } = this.branch.record;
    const restored = held && (await this.#restore(held).catch(() => undefined));
    if (restored) return this.#serve(restored);
    const { snapshot } = valid === undefined ? {} : await this.#reader.read(valid);
    if (snapshot) this.#serve(serveAll(compileSnapshot(snapshot)));
  }

  /** `undefined` if its commit is not valid. Throws if it cannot be read. */
  async #restore({ commit, waiting, reason }: HeldRelease): Promise<CurrentRelease | undefined> {
    const { snapshot } = await this.#reader.read(commit);
    if (!snapshot) return undefined;
    const earlier = await readServedSnapshots(this.repository, waiting);
    return holdBackRemovals(compileSnapshot(snapshot), waiting, earlier, reason);
  }

  #serve(current: CurrentRelease): void {
    const { waiting, reason } = current.served;
    const { commit } = current.snapshot;
    this.#current = current;
    this.#status = { ...this.#status, heldBack: reason };
    this.onChange.emit(current);
    this.branch.record.remember(
      commit,
      reason === undefined ? undefined : { commit, waiting, reason },
    );
  }
}
