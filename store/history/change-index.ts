/**
 * Which commits of a branch changed which flag. The pass over the history at a cold start builds it, so
 * that finding the changes of one flag needs no other pass.
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
  /** Counts the changes of all flags from the oldest, from 0. It does not change when the branch grows. */
  readonly number: number;
}

export interface ChangeRange {
  readonly flag?: string | undefined;
  /** In seconds since 1970, inclusive. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** The number of the newest change, inclusive. */
  readonly from?: number | undefined;
}

export class ChangeIndex {
  /** The commit up to which the index is complete; `""` before the first. */
  #head = "";
  #time = 0;
  /** Commits that changed flags, oldest first. */
  readonly #commits: IndexedCommit[] = [];
  /** Each change: the index of its commit in `#commits`, and the flag. Oldest first, then by name. */
  readonly #changes: (readonly [commitIndex: number, flag: string])[] = [];
  /** The numbers of the changes of each flag: their indexes in `#changes`. */
  readonly #numbersByFlag = new Map<string, number[]>();

  /** Reads what `toJSON()` wrote. */
  static from(stored: unknown): ChangeIndex {
    const { head, time, commits, changes } = stored as ReturnType<ChangeIndex["toJSON"]>;
    const index = new ChangeIndex();
    index.#head = head;
    index.#time = time;
    for (const commit of commits) index.#commits.push(commit);
    for (const [commitIndex, flag] of changes) index.#addChange(commitIndex, flag);
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

  /** False if the parent of `next` is not the last commit. */
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
    const commitIndex =
      this.#commits.push(comparedWith === undefined ? found : { ...found, comparedWith }) - 1;
    for (const name of [...names].sort(compareText)) this.#addChange(commitIndex, name);
    return true;
  }

  #addChange(commitIndex: number, flag: string): void {
    const number = this.#changes.push([commitIndex, flag]) - 1;
    const numbers = this.#numbersByFlag.get(flag);
    if (numbers) numbers.push(number);
    else this.#numbersByFlag.set(flag, [number]);
  }

  /** The changes of a flag, newest first: at most `limit` of them, after `skip`. */
  find(name: string, { limit, skip }: Page): IndexedChange[] {
    const numbers = this.#numbersByFlag.get(name) ?? [];
    const end = Math.max(0, numbers.length - skip);
    const wanted = numbers.slice(Math.max(0, end - limit), end).reverse();
    return wanted.flatMap((number) => this.#at(number) ?? []);
  }

  /** The changes in a range, the newest first. */
  *newestFirst({ flag, since, until, from }: ChangeRange): Generator<IndexedChange> {
    const numbers = flag === undefined ? undefined : (this.#numbersByFlag.get(flag) ?? []);
    const { length } = numbers ?? this.#changes;
    for (let index = length - 1; index >= 0; index -= 1) {
      const change = this.#at(numbers ? (numbers[index] ?? 0) : index);
      if (!change || (from !== undefined && change.number > from)) continue;
      if (until !== undefined && change.time > until) continue;
      // Times on the branch never decrease.
      if (since !== undefined && change.time < since) return;
      yield change;
    }
  }

  #at(number: number): IndexedChange | undefined {
    const [commitIndex = 0, flag] = this.#changes[number] ?? [];
    const commit = this.#commits[commitIndex];
    return commit && flag !== undefined ? { ...commit, flag, number } : undefined;
  }
}

/** A part of a list. */
export interface Page {
  readonly limit: number;
  readonly skip: number;
}
