import path from "node:path";
import { listSome } from "../../schema/text/show.ts";
import { readGit } from "../git/git.ts";
import { declineReason, PushDeclinedError } from "./declined.ts";
import { parseRemoteAddress, type RemoteAddress, withoutSecrets } from "./remote-address.ts";

/** The remote did not answer, or refused. It may work later. */
export class RemoteUnavailableError extends Error {
  override readonly name = "RemoteUnavailableError";
}

/** The remote lacks a part of its history. There is nothing to repair in the clone. */
export class ShallowRemoteError extends RemoteUnavailableError {
  constructor(branch: string) {
    const hint = "run there: git fetch --unshallow, or name a complete repository";
    super(
      `Cannot follow "${branch}": the remote is a shallow clone, which lacks a part of its history; ${hint}`,
    );
  }
}

/** The branch lost commits. Writes stop until a person has decided what to do. */
export class RemoteRewoundError extends Error {
  override readonly name = "RemoteRewoundError";
}

/** The remote lacks the branch. `message` names those that it has. */
export class MissingBranchError extends RemoteUnavailableError {
  constructor(branch: string, branches: readonly string[]) {
    const found =
      branches.length === 0
        ? "it has no branches at all"
        : `branches there: ${listSome(branches, 5)}`;
    super(`Cannot follow "${branch}": the remote has no such branch; ${found}`);
  }
}

/** A git remote: any URL or path that git accepts. */
export class Remote {
  readonly #address: RemoteAddress;
  #receivePack: Promise<string[]> | undefined;

  constructor(url: string) {
    this.#address = parseRemoteAddress(url);
  }

  /** Without credentials. */
  get url(): string {
    return this.#address.url;
  }

  /**
   * Names the remote for a clone in `directory`: the same for every spelling of its URL, and for a
   * path beside the clone the same when both are moved together.
   */
  identity(directory: string): string {
    const { url, isPath } = this.#address;
    if (!isPath) return url.replace(/\/*(?:\.git)?\/*$/, "");
    const parent = path.dirname(path.resolve(directory));
    const isBeside = url.startsWith(`${parent}${path.sep}`);
    return isBeside ? path.relative(parent, url) : url;
  }

  /**
   * Runs a git command that talks to the remote, in the clone `directory`; outside of any repository
   * if it is missing. Throws `RemoteUnavailableError`, also when it takes longer than `timeoutMs`.
   */
  async run(
    directory: string | undefined,
    args: readonly string[],
    timeoutMs: number,
  ): Promise<string> {
    const { config, env, secrets } = this.#address;
    const options = { signal: AbortSignal.timeout(timeoutMs), config, env };
    const [cwd, where] =
      directory === undefined ? [path.parse(process.cwd()).root, []] : [directory, ["--git-dir=."]];
    try {
      return await readGit(cwd, [...where, ...args], options);
    } catch (error) {
      // Not as a cause: a cause would put the secrets into the log.
      const reason = (error as Error).message.replace(
        /^Cannot \w+ "git [a-z-]+": (?:fatal: )?/,
        "",
      );
      throw new RemoteUnavailableError(
        `Cannot reach the remote: ${withoutSecrets(reason, secrets)}`,
      );
    }
  }

  /** Pushes one ref. Throws `PushDeclinedError` if the remote refuses it, else as `run()`. */
  async push(directory: string, refspec: string, lease: string, timeoutMs: number): Promise<void> {
    this.#receivePack ??= receivePackOptions(this.#address);
    const args = ["push", "--quiet", "--no-verify", `--force-with-lease=${lease}`];
    args.push(...(await this.#receivePack), "--end-of-options", this.url, refspec);
    try {
      await this.run(directory, args, timeoutMs);
    } catch (error) {
      const reason = declineReason((error as Error).message);
      if (reason === undefined) throw error;
      throw new PushDeclinedError(`Cannot push: the remote declines it: ${reason}`);
    }
  }

  /** Fetches one ref into another. Throws as `run()`. */
  async fetch(directory: string, refspec: string, timeoutMs: number): Promise<void> {
    const args = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--end-of-options"];
    await this.run(directory, [...args, this.url, refspec], timeoutMs);
  }

  /** The id at which the remote has a ref; `undefined` if it has none of this name. */
  async find(ref: string, timeoutMs: number): Promise<string | undefined> {
    return (await this.#list(ref, timeoutMs)).find(([, name]) => name === ref)?.[0];
  }

  /** The names of all branches, sorted. */
  async branches(timeoutMs: number): Promise<string[]> {
    const lines = await this.#list("refs/heads/*", timeoutMs);
    return lines.flatMap(([, ref]) => ref?.slice("refs/heads/".length) ?? []);
  }

  /** The ids and names of the refs that match. */
  async #list(pattern: string, timeoutMs: number): Promise<string[][]> {
    const args = ["ls-remote", "--end-of-options", this.url, pattern];
    // Outside of the clone, which may be damaged.
    const answer = await this.run(undefined, args, timeoutMs);
    return answer.split("\n").map((line) => line.split("\t"));
  }
}

/**
 * A remote that is a path runs its hooks as this user. Hooks of the user's own configuration do not
 * belong to it: they do not run, unless the remote names a folder of hooks itself.
 */
async function receivePackOptions({ url, isPath }: RemoteAddress): Promise<string[]> {
  if (!isPath) return [];
  const own = ["config", "--local", "--get", "core.hooksPath"];
  const hooks = await readGit(url, own).catch(() => "");
  return hooks === "" ? ["--receive-pack=git -c core.hooksPath=hooks receive-pack"] : [];
}
