/** The history of a branch: in memory, from the cache, and for new commits from git. */
import type { Cache } from "../commit/cache.ts";
import { relateCommits } from "../commit/revisions.ts";
import { ChangeIndex } from "./change-index.ts";
import { type BranchCommit, readCommits } from "./first-parent-log.ts";
import { type History, readHistory } from "./history.ts";

export class KnownHistory {
  readonly #directory: string;
  readonly #cache: Cache;
  #history: History | undefined;
  #index: ChangeIndex | undefined;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(directory: string, cache: Cache) {
    this.#directory = directory;
    this.#cache = cache;
  }

  /** The history of a commit. */
  async at(commit: string): Promise<History> {
    this.#history ??= restore(this.#cache.read("history"));
    if (this.#history?.commit === commit) return this.#history;
    let index: ChangeIndex | undefined;
    const history = await readHistory(this.#directory, commit, this.#history, (next) => {
      // A pass from the first commit on also makes the index.
      if (next === undefined) index = new ChangeIndex();
      else index?.add(next);
    });
    // Reading an older commit, which takes a pass from the first on, must not discard the history of newer ones.
    if (this.#history && index && (await this.#isOlder(commit, this.#history.commit)))
      return history;
    this.#history = history;
    this.#cache.write("history", { ...history, flags: [...history.flags] });
    if (index) this.#keep(index);
    return history;
  }

  /** Which commits up to `commit` changed which flag. Calls take turns. */
  changesAt(commit: string): Promise<ChangeIndex> {
    const reading = this.#reading.then(() => this.#indexAt(commit));
    this.#reading = reading.catch(() => {});
    return reading;
  }

  async #indexAt(commit: string): Promise<ChangeIndex> {
    const stored = this.#index ? undefined : this.#cache.read("changes");
    if (stored !== undefined) this.#index = ChangeIndex.from(stored);
    if (this.#index?.head === commit) return this.#index;
    const known = this.#index;
    if (known && (await this.#extend(known, commit))) return known;
    const index = new ChangeIndex();
    await this.#extend(index, commit);
    // The same for the index.
    if (!known || !(await this.#isOlder(commit, known.head))) this.#keep(index);
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

  async #isOlder(commit: string, than: string): Promise<boolean> {
    return (await relateCommits(this.#directory, commit, than)) === "older";
  }

  #keep(index: ChangeIndex): void {
    this.#index = index;
    this.#cache.write("changes", index);
  }
}

function restore(cached: unknown): History | undefined {
  if (cached === undefined) return undefined;
  const { flags, ...rest } = cached as Omit<History, "flags"> & { flags: [] };
  return { ...rest, flags: new Map(flags) };
}
