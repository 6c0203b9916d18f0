import { clearLocks, contains, inClone, isClone, isWhole, replaceClone } from "./clone.ts";
import { instanceId } from "./instance-id.ts";
import { ProposalBranch } from "./proposal-branch.ts";
import { Remote, RemoteUnavailableError } from "./remote.ts";

/** The branch lost commits that it had: nothing is written until a person has looked. */
export class RemoteRewoundError extends Error {
  override readonly name = "RemoteRewoundError";
}

/** The newest commit that was seen on the remote and accepted. */
const acceptedRef = "refs/bunting/head";
/** The newest commit whose flags were valid. */
const validRef = "refs/bunting/valid";
/** Our own: a fetch that outlives a killed process does not get into the way of its successor's. */
const fetchedRef = `refs/bunting/fetched-${instanceId}`;

/** How long a clone made anew is left alone, in milliseconds: what it did not mend, the next one will not. */
const rest = 60_000;

/**
 * One branch of a remote, and a bare clone that follows it. The remote is the only lock there is:
 * a push succeeds when nobody else came first. Calls take turns; two fetches at once would fail.
 */
export class RemoteBranch {
  readonly directory: string;
  readonly #remote: Remote;
  readonly #branch: string;
  readonly #patience: number;
  #accepted: string | undefined;
  #valid: string | undefined;
  #renewed = Number.NEGATIVE_INFINITY;

  /**
   * Makes the clone in `directory` where there is none; what it holds comes with the first
   * `fetch()`. `patience` is how long one fetch or push may take, in milliseconds.
   */
  static async open(
    directory: string,
    remote: string,
    branch: string,
    patience = 20_000,
  ): Promise<RemoteBranch> {
    const clone = new RemoteBranch(directory, new Remote(remote), branch, patience);
    clearLocks(directory);
    if (!(await isClone(directory))) await replaceClone(directory, async () => {});
    await clone.#recall();
    return clone;
  }

  private constructor(directory: string, remote: Remote, branch: string, patience: number) {
    this.directory = directory;
    this.#remote = remote;
    this.#branch = branch;
    this.#patience = patience;
  }

  /** The newest accepted commit; nothing before the first fetch. */
  get accepted(): string | undefined {
    return this.#accepted;
  }

  /** The newest commit whose flags were valid, as far as anyone remembers. */
  get valid(): string | undefined {
    return this.#valid;
  }

  /** Takes the branch for what it is at the next fetch, whatever it was before. */
  forget(): void {
    this.#accepted = undefined;
  }

  /**
   * Fetches the branch and returns its head. Throws `RemoteUnavailableError`, or `RemoteRewoundError`
   * where it no longer holds what was accepted before.
   */
  async fetch(): Promise<string> {
    const started = performance.now();
    const fetched = await this.#fetchInto(this.directory).catch(async (error) => {
      if (performance.now() - started > this.#patience) throw error;
      // The remote may be well, and the trouble here.
      await this.#expectBranch();
      await this.mend();
      return this.#fetchInto(this.directory).catch(() => Promise.reject(error));
    });
    await this.#refuseLoss(this.directory, fetched);
    await this.accept(fetched);
    return fetched;
  }

  /**
   * Moves the branch from `parent` to its descendant `commit`, if the remote has it at `parent`.
   * Throws `RemoteUnavailableError`; what became of the push is then to be found out by `fetch()`.
   */
  async push(commit: string, parent: string): Promise<void> {
    const ref = `refs/heads/${this.#branch}`;
    // Without the lease a push would bring back what was rewound or deleted.
    const lease = `--force-with-lease=${ref}:${parent}`;
    const args = ["push", "--quiet", "--no-verify", lease, "--end-of-options", this.#remote.url];
    await this.#remote.run(this.directory, [...args, `${commit}:${ref}`], this.#patience);
  }

  /** Another branch of the remote. */
  proposalBranch(name: string): ProposalBranch {
    return new ProposalBranch(this.directory, this.#remote, name, this.#patience);
  }

  /** Keeps in mind that the remote holds `commit`. */
  async accept(commit: string): Promise<void> {
    if (commit === this.#accepted) return;
    this.#accepted = commit;
    await this.#keep(this.directory, acceptedRef, commit);
  }

  /** Keeps in mind that the flags of `commit` are valid, for the day when those of the branch are not. */
  async remember(commit: string): Promise<void> {
    if (commit === this.#valid) return;
    this.#valid = commit;
    await this.#keep(this.directory, validRef, commit);
  }

  /** Whether `commit` is `head` or one of its ancestors. */
  contains(head: string, commit: string): Promise<boolean> {
    return contains(this.directory, head, commit);
  }

  /**
   * Clears away what keeps git from working in the clone: locks of processes that were killed, and
   * the clone itself where it is damaged. A new one is complete before it takes the place of the old.
   */
  async mend(): Promise<void> {
    clearLocks(this.directory);
    if (await isWhole(this.directory)) return;
    if (performance.now() - this.#renewed < rest) return;
    await replaceClone(this.directory, async (draft) => {
      const fetched = await this.#fetchInto(draft);
      await this.#refuseLoss(draft, fetched);
      if (this.#accepted) await this.#keep(draft, acceptedRef, this.#accepted);
      if (this.#valid) await this.#keep(draft, validRef, this.#valid);
    });
    this.#renewed = performance.now();
  }

  async #fetchInto(directory: string): Promise<string> {
    const refspec = `+refs/heads/${this.#branch}:${fetchedRef}`;
    const args = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--end-of-options"];
    // All of it, or what is new.
    const isFirst = this.#accepted === undefined || directory !== this.directory;
    const patience = isFirst ? 30 * this.#patience : this.#patience;
    await this.#remote.run(directory, [...args, this.#remote.url, refspec], patience);
    return (await inClone(directory, ["rev-parse", "--verify", fetchedRef])).trim();
  }

  /** Throws where the remote does not answer, or answers that there is no such branch. */
  async #expectBranch(): Promise<void> {
    const { url } = this.#remote;
    const args = ["ls-remote", "--end-of-options", url, `refs/heads/${this.#branch}`];
    // Outside of the clone, which may be what is wrong.
    const answer = await this.#remote.run(undefined, args, this.#patience);
    if (answer !== "") return;
    const what = `Cannot follow "${this.#branch}": the remote has no such branch`;
    if (this.#accepted === undefined) throw new RemoteUnavailableError(what);
    throw new RemoteRewoundError(`${what} any more; push it again, then all goes on`);
  }

  async #refuseLoss(directory: string, fetched: string): Promise<void> {
    const accepted = this.#accepted;
    if (accepted === undefined || accepted === fetched) return;
    if (await contains(directory, fetched, accepted)) return;
    const lost = `it is at ${fetched.slice(0, 7)}, which does not contain ${accepted.slice(0, 7)}`;
    const cure = "see what happened to it, then start with --accept-remote";
    throw new RemoteRewoundError(`Cannot follow "${this.#branch}": ${lost}; ${cure}`);
  }

  /** For the next process. Where it cannot be kept (a full disk), that one knows less: no harm. */
  async #keep(directory: string, ref: string, commit: string): Promise<void> {
    await inClone(directory, ["update-ref", ref, commit]).catch(() => {});
  }

  /** What earlier processes kept; what else they left is cleared away. */
  async #recall(): Promise<void> {
    const args = ["for-each-ref", "--format=%(refname) %(objectname)", "refs/bunting/"];
    const answer = await inClone(this.directory, args).catch(() => "");
    const refs = new Map(answer.split("\n").map((line) => line.split(" ") as [string, string]));
    this.#valid = refs.get(validRef);
    this.#accepted = refs.get(acceptedRef) ?? this.#valid;
    const left = [...refs.keys()].filter((ref) => ref.startsWith("refs/bunting/fetched"));
    if (left.length === 0) return;
    const input = left.map((ref) => `delete ${ref}\n`).join("");
    await inClone(this.directory, ["update-ref", "--stdin"], { input }).catch(() => {});
  }
}
