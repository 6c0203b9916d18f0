/** The history of a branch: in memory, from the cache, and for new commits from git. */
import type { Cache } from "../commit/cache.ts";
import { relateCommits } from "../commit/revisions.ts";
import { Exclusive } from "../locks/exclusive.ts";
import { ChangeIndex } from "./change-index.ts";
import { type History, readHistory } from "./history.ts";
import { KnownChanges } from "./known-changes.ts";

export class KnownHistory {
  readonly #directory: string;
  readonly #cache: Cache;
  #history: History | undefined;
  readonly #changes: Exclusive<KnownChanges>;

  constructor(directory: string, cache: Cache) {
    this.#directory = directory;
    this.#cache = cache;
    this.#changes = new Exclusive(new KnownChanges(directory, cache));
  }

  /** The history of a commit. */
  async at(commit: string): Promise<History> {
    this.#history ??= restore(this.#cache.read("history"));
    if (this.#history?.commit === commit) return this.#history;
    let index: ChangeIndex | undefined;
    const history = await readHistory(this.#directory, commit, this.#history, (next) => {
      // A pass that starts at the first commit also makes the index.
      if (next === undefined) index = new ChangeIndex();
      else index?.add(next);
    });
    // Reading an older commit takes a pass from the first commit on. Its result must not replace the history of
    // newer ones.
    const known = this.#history?.commit;
    if (known && index && (await relateCommits(this.#directory, commit, known)) === "older")
      return history;
    this.#history = history;
    this.#cache.write("history", { ...history, flags: [...history.flags] });
    const made = index;
    if (made) void this.#changes.use(async (changes) => changes.keep(made));
    return history;
  }

  /** Which commits up to `commit` changed which flag. Calls take turns. */
  changesAt(commit: string): Promise<ChangeIndex> {
    return this.#changes.use((changes) => changes.at(commit));
  }
}

function restore(cached: unknown): History | undefined {
  if (cached === undefined) return undefined;
  const { flags, ...rest } = cached as Omit<History, "flags"> & { flags: [] };
  return { ...rest, flags: new Map(flags) };
}
