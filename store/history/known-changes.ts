import type { Cache } from "../commit/cache.ts";
import { relateCommits } from "../commit/revisions.ts";
import { ChangeIndex } from "./change-index.ts";
import { type BranchCommit, readCommits } from "./first-parent-log.ts";

/** Which commits of a branch changed which flag: in memory, from the cache, and for new commits from git. */
export class KnownChanges {
  readonly #directory: string;
  readonly #cache: Cache;
  #index: ChangeIndex | undefined;

  constructor(directory: string, cache: Cache) {
    this.#directory = directory;
    this.#cache = cache;
  }

  /** The index of the commits up to `commit`. */
  async at(commit: string): Promise<ChangeIndex> {
    const stored = this.#index ? undefined : this.#cache.read("changes");
    if (stored !== undefined) this.#index = ChangeIndex.from(stored);
    if (this.#index?.head === commit) return this.#index;
    const known = this.#index;
    if (known && (await this.#extend(known, commit))) return known;
    const index = new ChangeIndex();
    await this.#extend(index, commit);
    // The index of an older commit must not replace that of newer ones.
    if (!known || (await relateCommits(this.#directory, commit, known.head)) !== "older")
      this.keep(index);
    return index;
  }

  /** False if `commit` does not follow on the index; then the index is as it was. */
  async #extend(index: ChangeIndex, commit: string): Promise<boolean> {
    const commits: BranchCommit[] = [];
    const after = index.head === "" ? undefined : index.head;
    let last = index.head;
    for await (const next of readCommits(this.#directory, commit, after)) {
      if (next.parent !== last) return false;
      last = next.commit;
      if (after === undefined) index.add(next);
      else commits.push(next);
    }
    if (last !== commit) return false;
    for (const next of commits) index.add(next);
    return true;
  }

  keep(index: ChangeIndex): void {
    this.#index = index;
    this.#cache.write("changes", index);
  }
}
