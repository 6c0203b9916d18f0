import { parseMessage } from "../../schema/change/parse-message.ts";
import { readLog } from "../git/log.ts";

/** How many of the newest commits are searched for keys at the start, and how many keys are known at once. */
const maxCommitsScanned = 10_000;

/** The idempotency keys of a branch, from the trailers of its commits: what was asked for once is not done twice. */
export class IdempotencyIndex {
  readonly #commits = new Map<string, { readonly commit: string; readonly fingerprint: string }>();

  get(key: string): { readonly commit: string; readonly fingerprint: string } | undefined {
    return this.#commits.get(key);
  }

  /** Reads the keys of all commits in the ancestry of `head`; of those that are not in `known`, if it is given. */
  async read(directory: string, head: string, known: string | undefined): Promise<void> {
    const found: [key: string, commit: string, fingerprint: string][] = [];
    // Whatever parents they are on: a pull with a merge makes the branch the second parent.
    const options = { from: [head], after: known, maxCount: maxCommitsScanned };
    for await (const { id, message } of readLog(directory, options)) {
      const value = parseMessage(message).trailers.get("Idempotency-Key") ?? "";
      const [key = "", fingerprint = ""] = value.split(" ");
      if (/^[0-9a-f]{64}$/.test(key)) found.push([key, id, fingerprint]);
    }
    // Oldest first, so that the oldest are forgotten first.
    for (const [key, commit, fingerprint] of found.reverse())
      this.#commits.set(key, { commit, fingerprint });
    for (const key of this.#commits.keys()) {
      if (this.#commits.size <= maxCommitsScanned) break;
      this.#commits.delete(key);
    }
  }
}
