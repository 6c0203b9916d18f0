import { shortId } from "../../schema/text/show.ts";
import { Exclusive } from "../locks/exclusive.ts";
import {
  clearLeftovers,
  contains,
  isWhole,
  objectFormatOf,
  packObjects,
  readObjectFormat,
  replaceClone,
} from "./clone.ts";
import { CloneRecord, fetchedRef, takeFetchedRef } from "./clone-record.ts";
import { putProposal } from "./proposal-branch.ts";
import { MissingBranchError, Remote, RemoteRewoundError, ShallowRemoteError } from "./remote.ts";

/** Minimum time between two replacements of the clone. */
const minRecloneIntervalMs = 60_000;
/** The first fetch transfers everything: its time limit is this many times that of others. */
const firstFetchFactor = 30;
/** Number of new heads after which git may pack the objects of the clone. */
const headsBetweenPacking = 500;

/**
 * One branch of a remote, and a bare clone that follows it. The remote is the only lock: a push
 * succeeds if nobody else came first. Calls take turns: two fetches at once would fail.
 */
export class RemoteBranch {
  readonly directory: string;
  /** What the clone records; the next process reads it. */
  readonly record: CloneRecord;
  readonly #remote: Exclusive<Remote>;
  readonly #branch: string;
  readonly #timeoutMs: number;
  #newHeads = 0;
  #renewedMs = Number.NEGATIVE_INFINITY;

  /**
   * Makes the clone in `directory` if there is none; its content comes with the first `fetch()`.
   * `timeoutMs` limits each fetch and each push. Throws if the clone belongs to another remote or
   * branch, unless `acceptRemote` is set.
   */
  static async open(
    directory: string,
    remote: string,
    branch: string,
    timeoutMs = 20_000,
    acceptRemote = false,
  ): Promise<RemoteBranch> {
    const at = new Remote(remote);
    clearLeftovers(directory);
    const source = { remote: at.identity(directory), branch };
    const record = new CloneRecord(directory, source);
    const isThere = (await readObjectFormat(directory)) !== undefined;
    if (isThere) await record.read(acceptRemote);
    else await replaceClone(directory, "sha1", () => {});
    return new RemoteBranch(directory, at, branch, timeoutMs, record);
  }

  private constructor(
    directory: string,
    remote: Remote,
    branch: string,
    timeoutMs: number,
    record: CloneRecord,
  ) {
    this.directory = directory;
    this.#remote = new Exclusive(remote);
    this.#branch = branch;
    this.#timeoutMs = timeoutMs;
    this.record = record;
  }

  /** The newest accepted commit; `undefined` before the first fetch. */
  get accepted(): string | undefined {
    return this.record.accepted;
  }

  /** Fetches the branch and returns its head. Throws `RemoteUnavailableError` or `RemoteRewoundError`. */
  fetch(): Promise<string> {
    return this.#remote.use((remote) => this.#fetch(remote));
  }

  /**
   * Moves the branch from `parent` to its descendant `commit`, if the remote has it at `parent`.
   * Throws `PushDeclinedError`, or `RemoteUnavailableError`: then only `fetch()` shows whether
   * the push succeeded.
   */
  push(commit: string, parent: string): Promise<void> {
    const ref = `refs/heads/${this.#branch}`;
    // Without the lease a push would restore commits that were removed from the branch.
    const lease = `${ref}:${parent}`;
    return this.#remote.use((remote) =>
      remote.push(this.directory, `${commit}:${ref}`, lease, this.#timeoutMs),
    );
  }

  /** Puts `commit` on another branch of the remote: see `putProposal()`. */
  putProposal(branch: string, commit: string, inReview: boolean): Promise<string> {
    const [directory, timeoutMs] = [this.directory, this.#timeoutMs];
    return this.#remote.use((remote) =>
      putProposal({ directory, remote, branch, timeoutMs }, commit, inReview),
    );
  }

  /** Records that the remote has `commit`. */
  accept(commit: string): void {
    if (this.record.accept(commit)) this.#newHeads += 1;
  }

  /** Whether `commit` is `head` or one of its ancestors. */
  contains(head: string, commit: string): Promise<boolean> {
    return contains(this.directory, head, commit);
  }

  /**
   * Removes files that block git in the clone: those of killed processes, and the clone itself if it is
   * damaged. A new clone is complete before it replaces the old one.
   */
  repair(): Promise<void> {
    return this.#remote.use((remote) => this.#repair(remote));
  }

  async #fetch(remote: Remote): Promise<string> {
    const startedMs = performance.now();
    const fetched = await this.#fetchInto(this.directory, remote).catch(async (error) => {
      clearLeftovers(this.directory);
      if (error instanceof ShallowRemoteError) throw error;
      if (performance.now() - startedMs > this.#timeoutMs) throw error;
      // The remote may work, and the clone may be damaged.
      await this.#repairFor(await this.#expectBranch(remote), remote);
      return this.#fetchInto(this.directory, remote).catch(() => Promise.reject(error));
    });
    await this.#refuseLoss(this.directory, fetched);
    this.accept(fetched);
    if (this.#newHeads >= headsBetweenPacking) {
      this.#newHeads = 0;
      await packObjects(this.directory);
    }
    return fetched;
  }

  async #repair(remote: Remote): Promise<void> {
    clearLeftovers(this.directory);
    if (await isWhole(this.directory)) return;
    if (performance.now() - this.#renewedMs < minRecloneIntervalMs) return;
    await replaceClone(this.directory, objectFormatOf(this.accepted), async (draft) => {
      const fetched = await this.#fetchInto(draft, remote);
      await this.#refuseLoss(draft, fetched);
      this.record.copyTo(draft);
    });
    this.#renewedMs = performance.now();
  }

  async #fetchInto(directory: string, remote: Remote): Promise<string> {
    const isFirst = this.accepted === undefined || directory !== this.directory;
    const timeoutMs = isFirst ? firstFetchFactor * this.#timeoutMs : this.#timeoutMs;
    const refspec = `+refs/heads/${this.#branch}:${fetchedRef}`;
    takeFetchedRef(directory);
    await remote.fetch(directory, refspec, timeoutMs);
    const fetched = takeFetchedRef(directory);
    if (fetched !== undefined) return fetched;
    throw new ShallowRemoteError(this.#branch); // Git succeeds without the ref in this case.
  }

  /** The head of the branch on the remote. Throws if the remote does not answer, or has no such branch. */
  async #expectBranch(remote: Remote): Promise<string> {
    const head = await remote.find(`refs/heads/${this.#branch}`, this.#timeoutMs);
    if (head !== undefined) return head;
    if (this.accepted === undefined)
      throw new MissingBranchError(this.#branch, await remote.branches(this.#timeoutMs));
    const what = `Cannot follow "${this.#branch}": the remote has no such branch any more`;
    throw new RemoteRewoundError(`${what}; push it again to continue`);
  }

  /** Repairs the clone; replaces it by one of the remote's object format if it holds nothing yet. */
  async #repairFor(head: string, remote: Remote): Promise<void> {
    const found = await readObjectFormat(this.directory);
    const wanted = objectFormatOf(head);
    if (found === wanted || found === undefined) return this.#repair(remote);
    if (this.accepted === undefined)
      return replaceClone(this.directory, wanted, (draft) => this.record.copyTo(draft));
    const what = `its objects are ${wanted}, those of the clone ${found}`;
    throw new RemoteRewoundError(`Cannot follow "${this.#branch}": ${what}; ${acceptHint}`);
  }

  async #refuseLoss(directory: string, fetched: string): Promise<void> {
    const { accepted } = this.record;
    if (accepted === undefined || accepted === fetched) return;
    if (await contains(directory, fetched, accepted)) return;
    const lost = `it is at ${shortId(fetched)}, which does not contain ${shortId(accepted)}`;
    throw new RemoteRewoundError(`Cannot follow "${this.#branch}": ${lost}; ${acceptHint}`);
  }
}

const acceptHint = "see what happened to it, then start with --accept-remote";
