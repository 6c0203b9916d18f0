import { readGit } from "../git/git.ts";

/** How many of the newest commits are searched for keys at the start, and how many keys are known at once. */
const maxCommitsScanned = 10_000;

/** The idempotency keys of a branch, from the trailers of its commits: what was asked for once is not done twice. */
export class IdempotencyIndex {
  readonly #commits = new Map<string, { readonly commit: string; readonly fingerprint: string }>();

  get(key: string): { readonly commit: string; readonly fingerprint: string } | undefined {
    return this.#commits.get(key);
  }

  /** Learns the keys of the commits up to `head`, from `known` on where that is given. */
  async read(directory: string, head: string, known: string | undefined): Promise<void> {
    const format = "--format=%H %(trailers:key=Idempotency-Key,valueonly,separator=%x20)";
    const range = [head, ...(known === undefined ? [] : [`^${known}`])];
    const limit = `--max-count=${maxCommitsScanned}`;
    const args = [
      "log",
      "--first-parent",
      "--no-show-signature",
      "--reverse",
      limit,
      format,
      "--end-of-options",
      ...range,
    ];
    for (const line of (await readGit(directory, args)).split("\n")) {
      const [commit = "", key = "", fingerprint = ""] = line.split(" ");
      if (/^[0-9a-f]{64}$/.test(key)) this.#commits.set(key, { commit, fingerprint });
    }
    for (const key of this.#commits.keys()) {
      if (this.#commits.size <= maxCommitsScanned) break;
      this.#commits.delete(key);
    }
  }
}
