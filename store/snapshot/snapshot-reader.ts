import type { CreatedCommit } from "../remote/commits.ts";
import { applyCommitsToSnapshot } from "./apply-commits.ts";
import type { Reading, Repository } from "./repository.ts";

/** Number of incremental updates after which a commit is read completely, so that the next start finds it in the cache. */
const maxUpdates = 500;

/** Reads one commit of a branch after the other: what changed since the last valid one, or the complete commit. */
export class SnapshotReader {
  readonly #repository: Repository;
  /** The last valid commit. Updates only add to `size`, so it is an upper bound of the size of the commit. */
  #last: Reading | undefined;
  /** Updates from changes alone since a commit was read completely. */
  #updates = 0;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** The flags at a commit, or its errors. `created` are the commits since the last one, if this process made all of them. */
  async read(
    commit: string,
    created: readonly CreatedCommit[] = [],
  ): Promise<Pick<Reading, "problems" | "snapshot">> {
    const { snapshot, size } = this.#last ?? {};
    if (this.#last && snapshot?.commit === commit) return this.#last;
    const { directory } = this.#repository;
    const isDue = this.#updates >= maxUpdates;
    const next =
      snapshot &&
      !isDue &&
      (await applyCommitsToSnapshot(directory, snapshot, commit, created, size));
    this.#updates = next ? this.#updates + 1 : 0;
    const reading =
      next && this.#last
        ? { ...this.#last, snapshot: next, problems: [] }
        : await this.#repository.read(commit, "");
    if (reading.snapshot) this.#last = reading;
    return reading;
  }
}
