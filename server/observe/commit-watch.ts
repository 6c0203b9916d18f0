import {
  type CommitFacts,
  checkCommits,
  formatCommitWarning,
} from "../../schema/plan/commit-warnings.ts";

/** Keeps facts about the newest commits of the branch, read in the background, for `/readyz`. */
export class CommitWatch {
  readonly #read: (commit: string) => Promise<readonly CommitFacts[]>;
  #facts: readonly CommitFacts[] = [];
  /** The commit to be read next, while another is being read. */
  #next: string | undefined;
  #isReading = false;

  /** `read` returns the facts about the newest commits up to one. */
  constructor(read: (commit: string) => Promise<readonly CommitFacts[]>) {
    this.#read = read;
  }

  /** Reads the facts of a new commit. If that fails, those of an earlier one are kept. */
  async update(commit: string): Promise<void> {
    this.#next = commit;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#next !== undefined) {
      const next = this.#next;
      this.#next = undefined;
      this.#facts = await this.#read(next).catch(() => this.#facts);
    }
    this.#isReading = false;
  }

  /** The current warnings. `nowMs` is the clock, in milliseconds since 1970. */
  warnings(nowMs: number): string[] {
    return checkCommits(this.#facts, Math.floor(nowMs / 1_000)).map(formatCommitWarning);
  }
}
