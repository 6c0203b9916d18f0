import { inClone } from "./clone.ts";
import { isOurs } from "./commits.ts";
import type { Remote } from "./remote.ts";

const seenRef = "refs/bunting/proposed";
/** How often others may come between. */
const attempts = 3;

/** A branch beside the one that is followed: on it one commit of ours waits for a review. */
export class ProposalBranch {
  readonly #directory: string;
  readonly #remote: Remote;
  readonly #ref: string;
  readonly #patience: number;

  /** `directory` is a clone of the remote. `patience` is how long one look or push may take, in milliseconds. */
  constructor(directory: string, remote: Remote, name: string, patience: number) {
    this.#directory = directory;
    this.#remote = remote;
    this.#ref = `refs/heads/${name}`;
    this.#patience = patience;
  }

  /**
   * Lets `commit` stand there, and returns what does: another of the same content on the same parent
   * is as good. While it is `inReview`, what people put on top stays. Throws `RemoteUnavailableError`.
   */
  async put(commit: string, inReview: boolean): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const tip = await this.#look();
      if (tip !== undefined && (await this.#isGood(tip, commit, inReview))) return tip;
      try {
        await this.#push(commit, tip ?? "");
        return commit;
      } catch (error) {
        // Another server came first, or the answer was lost: the branch itself says which.
        if (attempt === attempts) throw error;
      }
    }
  }

  /** What stands there, brought into the clone; nothing where there is no such branch. */
  async #look(): Promise<string | undefined> {
    const question = ["ls-remote", "--end-of-options", this.#remote.url, this.#ref];
    const answer = await this.#remote.run(undefined, question, this.#patience);
    if (answer === "") return undefined;
    const args = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--end-of-options"];
    const fetch = [...args, this.#remote.url, `+${this.#ref}:${seenRef}`];
    await this.#remote.run(this.#directory, fetch, this.#patience);
    return (await inClone(this.#directory, ["rev-parse", "--verify", seenRef])).trim();
  }

  async #isGood(tip: string, commit: string, inReview: boolean): Promise<boolean> {
    const format = "--format=%T %P %ce";
    const args = ["log", "-1", "--no-show-signature", format, "--end-of-options"];
    const [found, wanted] = await Promise.all(
      [tip, commit].map(async (id) => (await inClone(this.#directory, [...args, id])).trim()),
    );
    return found === wanted || (inReview && !isOurs(found?.split(" ").at(-1) ?? ""));
  }

  /** With a lease on what was seen: nobody's work is overwritten unseen. */
  async #push(commit: string, seen: string): Promise<void> {
    const lease = `--force-with-lease=${this.#ref}:${seen}`;
    const args = ["push", "--quiet", "--no-verify", lease, "--end-of-options", this.#remote.url];
    await this.#remote.run(this.#directory, [...args, `${commit}:${this.#ref}`], this.#patience);
  }
}
