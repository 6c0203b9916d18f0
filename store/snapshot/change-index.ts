/**
 * Which commits of a branch changed which flag. It is built by the pass over the history that a cold
 * start makes anyway, so that the changes of one flag are found without another pass.
 */
import { timeAfter } from "../../schema/flag/commit-time.ts";
import { isFlagFile } from "../../schema/flag/kind.ts";
import { flagNameOf } from "../../schema/flag/name.ts";
import type { BranchCommit } from "./first-parent-log.ts";

/** A commit that changed the file of a flag. */
export interface IndexedCommit {
  readonly commit: string;
  /** The time that is served for it, in seconds since 1970. */
  readonly time: number;
  /** The commit with which it is compared, if that is not its first parent. */
  readonly comparedWith?: string;
}

export class ChangeIndex {
  /** The commit up to which the index is complete; `""` before the first. */
  #head = "";
  #time = 0;
  /** Commits that changed flags, oldest first. */
  readonly #commits: IndexedCommit[] = [];
  /** Positions in `#commits`, by the name of the flag. */
  readonly #positions = new Map<string, number[]>();

  /** Reads what `toJSON()` wrote. */
  static from(stored: unknown): ChangeIndex {
    const { head, time, commits, flags } = stored as ReturnType<ChangeIndex["toJSON"]>;
    const index = new ChangeIndex();
    index.#head = head;
    index.#time = time;
    for (const [commit, seconds, comparedWith] of commits) {
      const found = { commit, time: seconds };
      index.#commits.push(comparedWith === undefined ? found : { ...found, comparedWith });
    }
    for (const [name, positions] of flags) index.#positions.set(name, positions);
    return index;
  }

  toJSON() {
    return {
      head: this.#head,
      time: this.#time,
      commits: this.#commits.map(({ commit, time, comparedWith }): [string, number, string?] =>
        comparedWith === undefined ? [commit, time] : [commit, time, comparedWith],
      ),
      flags: [...this.#positions],
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
    for (const name of names) {
      const positions = this.#positions.get(name);
      if (positions) positions.push(position);
      else this.#positions.set(name, [position]);
    }
    return true;
  }

  /** The commits that changed a flag, newest first: at most `limit` of them, after `skip`. */
  find(name: string, { limit, skip }: Page): IndexedCommit[] {
    const positions = this.#positions.get(name) ?? [];
    const end = Math.max(0, positions.length - skip);
    const wanted = positions.slice(Math.max(0, end - limit), end).reverse();
    return wanted.flatMap((position) => this.#commits[position] ?? []);
  }
}

/** A part of a list. */
export interface Page {
  readonly limit: number;
  readonly skip: number;
}
