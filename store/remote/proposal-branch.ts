import { readCommitsById } from "../git/log.ts";
import { inClone } from "./clone.ts";
import { fetchedRef, takeFetchedRef } from "./clone-record.ts";
import { isOurs } from "./commits.ts";
import { PushDeclinedError } from "./declined.ts";
import type { Remote } from "./remote.ts";

const maxAttempts = 3;

/** Another branch of the remote, on which one commit of the service waits for a review. */
export class ProposalBranch {
  readonly #directory: string;
  readonly #remote: Remote;
  readonly #ref: string;
  readonly #timeoutMs: number;

  /** `directory` is a clone of the remote. `timeoutMs` limits each fetch and each push. */
  constructor(directory: string, remote: Remote, name: string, timeoutMs: number) {
    this.#directory = directory;
    this.#remote = remote;
    this.#ref = `refs/heads/${name}`;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Puts `commit` on the branch and returns what the branch is at then: a commit with the same
   * content on the same parent is as good. While the proposal is `inReview`, commits that people
   * added are kept. Throws `RemoteUnavailableError`.
   */
  async put(commit: string, inReview: boolean): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const tip = await this.#fetch();
      if (tip !== undefined && (await this.#isGood(tip, commit, inReview))) return tip;
      try {
        await this.#push(commit, tip ?? "");
        return commit;
      } catch (error) {
        // Another server pushed first, or the answer was lost: fetching the branch shows which.
        if (attempt === maxAttempts || error instanceof PushDeclinedError) throw error;
      }
    }
  }

  /** The commit that the branch is at, fetched into the clone; `undefined` if there is no such branch. */
  async #fetch(): Promise<string | undefined> {
    if ((await this.#remote.find(this.#ref, this.#timeoutMs)) === undefined) return undefined;
    await this.#remote.fetch(this.#directory, `+${this.#ref}:${fetchedRef}`, this.#timeoutMs);
    return takeFetchedRef(this.#directory);
  }

  async #isGood(tip: string, commit: string, inReview: boolean): Promise<boolean> {
    const input = `${tip}^{tree}\n${commit}^{tree}\n`;
    const args = ["cat-file", "--batch-check=%(objectname)"];
    const trees = await inClone(this.#directory, args, { input });
    const [found, wanted] = await readCommitsById(this.#directory, [tip, commit]);
    const [foundTree, wantedTree] = trees.trimEnd().split("\n");
    const isSame =
      foundTree === wantedTree &&
      found?.parents.join() === wanted?.parents.join() &&
      found?.committer.email === wanted?.committer.email;
    return isSame || (inReview && !isOurs(found?.committer.email ?? ""));
  }

  /** With a lease on what was seen, so that no unseen work is overwritten. */
  #push(commit: string, seen: string): Promise<void> {
    const lease = `${this.#ref}:${seen}`;
    return this.#remote.push(this.#directory, `${commit}:${this.#ref}`, lease, this.#timeoutMs);
  }
}
