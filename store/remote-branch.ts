import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { type GitOptions, readGit, remoteEnvironment } from "./git.ts";

/** The remote did not answer, or not with what was asked for: to be tried again. */
export class RemoteUnavailableError extends Error {
  override readonly name = "RemoteUnavailableError";
}

/** The branch lost commits that it had: nothing is written until a person has looked. */
export class RemoteRewoundError extends Error {
  override readonly name = "RemoteRewoundError";
}

/** The newest commit that was seen on the remote and accepted. */
const acceptedRef = "refs/bunting/head";
/** The newest commit whose flags were valid. */
const validRef = "refs/bunting/valid";
const fetchedRef = "refs/bunting/fetched";

/** How long a clone made anew is left alone, in milliseconds: what it did not mend, the next one will not. */
const rest = 60_000;

/**
 * One branch of a remote, and a bare clone that follows it. The remote is the only lock there is:
 * a push succeeds when nobody else came first. Calls take turns; two fetches at once would fail.
 */
export class RemoteBranch {
  readonly directory: string;
  readonly #remote: string;
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
    const clone = new RemoteBranch(directory, remote, branch, patience);
    clearLocks(directory);
    if (!(await isRepository(directory))) await clone.#replace(async () => {});
    clone.#valid = await clone.#resolve(validRef);
    clone.#accepted = (await clone.#resolve(acceptedRef)) ?? clone.#valid;
    return clone;
  }

  private constructor(directory: string, remote: string, branch: string, patience: number) {
    this.directory = directory;
    // As git tells them apart: a path has no colon before its first slash.
    this.#remote = /^[^/]+:/.test(remote) ? remote : path.resolve(remote);
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
    const args = ["push", "--quiet", "--no-verify", lease, "--end-of-options", this.#remote];
    await this.#reach(this.directory, [...args, `${commit}:${ref}`], this.#patience);
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
    await this.#replace(async (draft) => {
      const fetched = await this.#fetchInto(draft);
      await this.#refuseLoss(draft, fetched);
      if (this.#accepted) await this.#keep(draft, acceptedRef, this.#accepted);
      if (this.#valid) await this.#keep(draft, validRef, this.#valid);
    });
    this.#renewed = performance.now();
  }

  async #replace(fill: (draft: string) => Promise<void>): Promise<void> {
    const [draft, old] = [`${this.directory}.new`, `${this.directory}.old`];
    const parent = path.dirname(this.directory);
    try {
      mkdirSync(parent, { recursive: true });
      for (const leftover of [draft, old]) rmSync(leftover, { recursive: true, force: true });
      await readGit(parent, ["init", "--quiet", "--bare", "--template=", draft]);
      await fill(draft);
      if (existsSync(this.directory)) renameSync(this.directory, old);
      renameSync(draft, this.directory);
    } finally {
      for (const leftover of [draft, old]) rmSync(leftover, { recursive: true, force: true });
    }
  }

  async #fetchInto(directory: string): Promise<string> {
    const refspec = `+refs/heads/${this.#branch}:${fetchedRef}`;
    const args = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--end-of-options"];
    // All of it, or what is new.
    const isFirst = this.#accepted === undefined || directory !== this.directory;
    const patience = isFirst ? 30 * this.#patience : this.#patience;
    await this.#reach(directory, [...args, this.#remote, refspec], patience);
    return (await inClone(directory, ["rev-parse", "--verify", fetchedRef])).trim();
  }

  /** Throws where the remote does not answer, or answers that there is no such branch. */
  async #expectBranch(): Promise<void> {
    const args = ["ls-remote", "--end-of-options", this.#remote, `refs/heads/${this.#branch}`];
    // Outside of the clone, which may be what is wrong.
    const answer = await this.#reach(path.parse(this.directory).root, args, this.#patience);
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

  async #resolve(ref: string): Promise<string | undefined> {
    const args = ["rev-parse", "--verify", "--quiet", ref];
    return (await inClone(this.directory, args).catch(() => "")).trim() || undefined;
  }

  async #reach(directory: string, args: readonly string[], patience: number): Promise<string> {
    const options = { signal: AbortSignal.timeout(patience), env: remoteEnvironment() };
    const where = directory === path.parse(directory).root ? [] : ["--git-dir=."];
    try {
      return await readGit(directory, [...where, ...args], options);
    } catch (error) {
      // Not as a cause: that would carry the secrets into the log.
      const message = withoutSecrets((error as Error).message, this.#remote);
      throw new RemoteUnavailableError(`Cannot reach the remote: ${message}`);
    }
  }
}

/** Git in the clone, which is named: a damaged one is an error, and never the repository around it. */
function inClone(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  return readGit(directory, ["--git-dir=.", ...args], options);
}

async function contains(directory: string, head: string, commit: string): Promise<boolean> {
  const args = ["rev-list", "--max-count=1", "--end-of-options", commit, `^${head}`];
  try {
    return (await inClone(directory, args)) === "";
  } catch (error) {
    const answer = await inClone(directory, ["cat-file", "--batch-check"], { input: commit });
    if (answer.trimEnd().endsWith(" missing")) return false;
    throw error;
  }
}

async function isRepository(directory: string): Promise<boolean> {
  if (!existsSync(directory)) return false;
  const answer = inClone(directory, ["rev-parse", "--is-bare-repository"]).catch(() => "");
  return (await answer).trim() === "true";
}

async function isWhole(directory: string): Promise<boolean> {
  if (!(await isRepository(directory))) return false;
  return inClone(directory, ["fsck", "--no-dangling", "--no-progress"]).then(
    () => true,
    () => false,
  );
}

/** Nobody but this process works in the clone, and that in turns: a lock is a dead one's. */
function clearLocks(directory: string): void {
  try {
    const entries = readdirSync(directory, { recursive: true, encoding: "utf8" });
    for (const lock of entries.filter((entry) => entry.endsWith(".lock"))) {
      rmSync(path.join(directory, lock), { recursive: true, force: true });
    }
  } catch {
    // There is no clone, or nothing in it can be changed: what comes next will say so.
  }
}

/** Git repeats the remote's URL in its messages, credentials included. */
function withoutSecrets(text: string, remote: string): string {
  const [, credentials = ""] = /^[^/]+:\/\/(.*@)/.exec(remote) ?? [];
  return text.replaceAll(credentials || "\0", "").replace(/\/\/[^/\s]*@/g, "//");
}
