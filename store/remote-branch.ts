import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { readGit, remoteEnvironment } from "./git.ts";

/** The remote did not answer, or not with what was asked for: to be tried again. */
export class RemoteUnavailableError extends Error {
  override readonly name = "RemoteUnavailableError";
}

/** The branch lost commits that it had: nothing is written until a person has looked. */
export class RemoteRewoundError extends Error {
  override readonly name = "RemoteRewoundError";
}

/** How long one fetch or push may take, in milliseconds. */
const patience = 20_000;
/** The newest commit that was seen on the remote and accepted. */
const acceptedRef = "refs/bunting/head";
/** The newest commit whose flags were valid. */
const validRef = "refs/bunting/valid";
const fetchedRef = "refs/bunting/fetched";

/**
 * One branch of a remote, and a bare clone that follows it. The remote is the only lock there is:
 * a push succeeds when nobody else came first. Calls take turns; two fetches at once would fail.
 */
export class RemoteBranch {
  readonly directory: string;
  readonly #remote: string;
  readonly #branch: string;

  /** Makes the clone in `directory` where there is none; what it holds comes with the first `fetch()`. */
  static async open(directory: string, remote: string, branch: string): Promise<RemoteBranch> {
    const clone = new RemoteBranch(directory, remote, branch);
    if (!(await isRepository(directory))) await clone.renew();
    return clone;
  }

  private constructor(directory: string, remote: string, branch: string) {
    this.directory = directory;
    this.#remote = /^[\w+.-]+:/.test(remote) ? remote : path.resolve(remote);
    this.#branch = branch;
  }

  /** An empty clone in place of a missing or damaged one. */
  async renew(): Promise<void> {
    const draft = `${this.directory}.${process.pid}`;
    mkdirSync(path.dirname(this.directory), { recursive: true });
    rmSync(draft, { recursive: true, force: true });
    await readGit(path.dirname(this.directory), ["init", "--quiet", "--bare", draft]);
    if (existsSync(this.directory)) rmSync(this.directory, { recursive: true, force: true });
    renameSync(draft, this.directory);
  }

  /** The newest accepted commit; nothing before the first fetch. */
  async accepted(): Promise<string | undefined> {
    const answer = await this.#git(["rev-parse", "--verify", "--quiet", acceptedRef]).catch(
      () => "",
    );
    return answer.trim() || undefined;
  }

  /**
   * Fetches the branch and returns its head. Throws `RemoteUnavailableError`, or `RemoteRewoundError`
   * where it no longer holds what was accepted before, unless `acceptAny`.
   */
  async fetch(acceptAny = false): Promise<string> {
    const refspec = `+refs/heads/${this.#branch}:${fetchedRef}`;
    await this.#reach([
      "fetch",
      "--quiet",
      "--no-tags",
      "--no-write-fetch-head",
      "--end-of-options",
      this.#remote,
      refspec,
    ]);
    const fetched = (await this.#git(["rev-parse", fetchedRef])).trim();
    const accepted = await this.accepted();
    if (accepted === fetched) return fetched;
    if (accepted !== undefined && !acceptAny && !(await this.contains(fetched, accepted))) {
      const lost = `it is at ${fetched.slice(0, 7)}, which does not contain ${accepted.slice(0, 7)}`;
      const cure = "see what happened to it, then start with --accept-remote";
      throw new RemoteRewoundError(`Cannot follow "${this.#branch}": ${lost}; ${cure}`);
    }
    await this.accept(fetched);
    return fetched;
  }

  /** Puts `commit` at the head of the branch, if that still is its ancestor. Throws `RemoteUnavailableError`. */
  async push(commit: string): Promise<void> {
    const refspec = `${commit}:refs/heads/${this.#branch}`;
    await this.#reach(["push", "--quiet", "--end-of-options", this.#remote, refspec]);
  }

  async accept(commit: string): Promise<void> {
    await this.#git(["update-ref", acceptedRef, commit]);
  }

  /** Keeps in mind that the flags of `commit` are valid, for the day when those of the branch are not. */
  async remember(commit: string): Promise<void> {
    await this.#git(["update-ref", validRef, commit]);
  }

  async remembered(): Promise<string | undefined> {
    return this.#resolve(validRef);
  }

  /** Whether `commit` is `head` or one of its ancestors. */
  async contains(head: string, commit: string): Promise<boolean> {
    const args = ["rev-list", "--max-count=1", "--end-of-options", commit, `^${head}`];
    return (await this.#git(args).catch(() => "unknown")) === "";
  }

  async #resolve(ref: string): Promise<string | undefined> {
    const answer = await this.#git(["rev-parse", "--verify", "--quiet", ref]).catch(() => "");
    return answer.trim() || undefined;
  }

  #git(args: readonly string[]): Promise<string> {
    // Named, so that a damaged clone is an error and never the repository around it.
    return readGit(this.directory, ["--git-dir=.", ...args]);
  }

  async #reach(args: readonly string[]): Promise<void> {
    const signal = AbortSignal.timeout(patience);
    await readGit(this.directory, ["--git-dir=.", ...args], {
      signal,
      env: remoteEnvironment(),
    }).catch((error) => {
      throw new RemoteUnavailableError(
        `Cannot reach the remote: ${withoutSecrets(error.message)}`,
        { cause: error },
      );
    });
  }
}

async function isRepository(directory: string): Promise<boolean> {
  if (!existsSync(directory)) return false;
  const answer = await readGit(directory, ["rev-parse", "--is-bare-repository"]).catch(() => "");
  return answer.trim() === "true";
}

/** Git repeats the remote's URL in its messages, credentials included. */
function withoutSecrets(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/g, "//");
}
