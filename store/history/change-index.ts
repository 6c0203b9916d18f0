/**
 * Which commits of a branch changed which flag. It is built by the pass over the history that a cold
 * start makes anyway, so that the changes of one flag are found without another pass.
 */
import { timeAfter } from "../../schema/flag/commit-time.ts";
import { isFlagFile } from "../../schema/flag/file-kind.ts";
import { flagNameOf } from "../../schema/flag/name.ts";
import { compareText } from "../../schema/text/order.ts";
import type { BranchCommit } from "./first-parent-log.ts";

/** A commit that changed the file of a flag. */
export interface IndexedCommit {
  readonly commit: string;
  /** The time that is served for it, in seconds since 1970. */
  readonly time: number;
  /** The commit with which it is compared, if that is not its first parent. */
  readonly comparedWith?: string;
}

/** A change of one flag by one commit. */
export interface IndexedChange extends IndexedCommit {
  readonly flag: string;
  /** Counts the changes of all flags from the oldest. It stays when the branch grows. */
  readonly place: number;
}

export interface ChangeRange {
  readonly flag?: string | undefined;
  /** In seconds since 1970, inclusive. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** The newest place, inclusive. */
  readonly from?: number | undefined;
}

export class ChangeIndex {
  /** The commit up to which the index is complete; `""` before the first. */
  #head = "";
  #time = 0;
  /** Commits that changed flags, oldest first. */
  readonly #commits: IndexedCommit[] = [];
  /** The changes of each commit: positions in `#commits`, and names. Oldest first, then by name. */
  readonly #changes: (readonly [position: number, flag: string])[] = [];
  /** Positions in `#changes`, by the name of the flag. */
  readonly #places = new Map<string, number[]>();

  /** Reads what `toJSON()` wrote. */
  static from(stored: unknown): ChangeIndex {
    const { head, time, commits, changes } = stored as ReturnType<ChangeIndex["toJSON"]>;
    const index = new ChangeIndex();
    index.#head = head;
    index.#time = time;
    for (const commit of commits) index.#commits.push(commit);
    for (const [position, flag] of changes) index.#addChange(position, flag);
    return index;
  }

  toJSON() {
    return {
      ...{ head: this.#head, time: this.#time },
      ...{ commits: this.#commits, changes: this.#changes },
    };
  }

  get head(): string {
    return this.#head;
  }

  /** False if `next` does not follow on the last commit. */
  add(next: BranchCommit): boolean {
    if (next.parent !== this.#head) return false;
    this.#head = next.commit;
    this.#time = timeAfter(this.#time, next.time);
    const names = new Set(
      next.changes
        .map(({ file }) => file)
        .filter(isFlagFile)
        .map(flagNameOf),
    );
    if (names.size === 0) return true;
    const { commit, comparedWith } = next;
    const found = { commit, time: this.#time };
    const position =
      this.#commits.push(comparedWith === undefined ? found : { ...found, comparedWith }) - 1;
    for (const name of [...names].sort(compareText)) this.#addChange(position, name);
    return true;
  }

  #addChange(position: number, flag: string): void {
    const place = this.#changes.push([position, flag]) - 1;
    const places = this.#places.get(flag);
    if (places) places.push(place);
    else this.#places.set(flag, [place]);
  }

  /** The changes of a flag, newest first: at most `limit` of them, after `skip`. */
  find(name: string, { limit, skip }: Page): IndexedChange[] {
    const places = this.#places.get(name) ?? [];
    const end = Math.max(0, places.length - skip);
    const wanted = places.slice(Math.max(0, end - limit), end).reverse();
    return wanted.flatMap((place) => this.#at(place) ?? []);
  }

  /** The changes in a range, the newest first. */
  *newestFirst({ flag, since, until, from }: ChangeRange): Generator<IndexedChange> {
    const places = flag === undefined ? undefined : (this.#places.get(flag) ?? []);
    const { length } = places ?? this.#changes;
    for (let index = length - 1; index >= 0; index -= 1) {
      const change = this.#at(places ? (places[index] ?? 0) : index);
      if (!change || (from !== undefined && change.place > from)) continue;
      if (until !== undefined && change.time > until) continue;
      // Times on the branch never decrease.
      if (since !== undefined && change.time < since) return;
      yield change;
    }
  }

  #at(place: number): IndexedChange | undefined {
    const [position = 0, flag] = this.#changes[place] ?? [];
    const commit = this.#commits[position];
    return commit && flag !== undefined ? { ...commit, flag, place } : undefined;
  }
}

/** A part of a list. */
export interface Page {
  readonly limit: number;
  readonly skip: number;
}
