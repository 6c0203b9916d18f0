/** A page of the changes of all flags, the newest first. */
import type { ChangeIndex, ChangeRange } from "./change-index.ts";
import type { CommitAttribution, VerifyCommit } from "./commit-attribution.ts";
import { type FlagChange, readFlagChanges } from "./flag-changes.ts";

/** Maximum number of changes that are read for one page. */
const maxChangesScanned = 1_000;
/** Minimum number of changes in a batch: most pages need one batch. */
const minBatch = 50;
/** Each further batch is larger, because few changes match. */
const growth = 2;

/** `from` is the `next` of the page before. */
export interface ChangeQuery extends ChangeRange {
  readonly limit: number;
  /** Whether a change is by the requested person. Pure, as `matches()`. */
  readonly isBy?: ((attribution: CommitAttribution) => boolean) | undefined;
  /** Changes for which it returns false are left out. */
  readonly matches: (change: FlagChange) => boolean;
}

export interface ChangePage {
  readonly changes: readonly FlagChange[];
  /** The number of the next page's first change; missing on the last page. A page may be short or empty without being the last. */
  readonly next?: number;
}

export async function queryChanges(
  directory: string,
  index: ChangeIndex,
  { limit, isBy, matches, ...range }: ChangeQuery,
  verify: VerifyCommit,
): Promise<ChangePage> {
  const found = index.newestFirst(range);
  const changes: FlagChange[] = [];
  let size = Math.max(minBatch, limit);
  for (let scanned = 0; scanned < maxChangesScanned; size *= growth) {
    const batch = take(found, Math.min(size, maxChangesScanned - scanned));
    if (batch.length === 0) return { changes };
    scanned += batch.length;
    const read = await readFlagChanges(directory, batch, verify, isBy);
    for (const change of read) {
      if (!matches(change)) continue;
      if (changes.length === limit) return { changes, next: change.number };
      changes.push(change);
    }
  }
  const [next] = take(found, 1);
  return { changes, ...(next && { next: next.number }) };
}

function take<T>(items: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = items.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
