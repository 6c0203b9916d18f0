/**
 * The commits of a branch in their order, with the files that each changed.
 *
 * The line follows first parents: a merge is one change, made when it was merged. If somebody merged
 * the branch into their own commits and pushed that (`git pull` with a merge), the branch is the
 * second parent of this merge. The line then follows it: see `branch-merges.ts`.
 */
import { type FileChange, readLog } from "../git/log.ts";
import { findLine, type LineSegment } from "./branch-merges.ts";
import { readChanges } from "./tree-changes.ts";

/** A commit on the line of a branch. */
export interface BranchCommit {
  readonly commit: string;
  /** The commit before it on the line; `""` for the first commit. */
  readonly parent: string;
  /** The commit with which `changes` are compared, if that is not the first parent. */
  readonly comparedWith?: string;
  /** Committer time as the commit has it, in seconds since 1970. */
  readonly time: number;
  readonly changes: readonly FileChange[];
  /** Whether it has several parents. */
  readonly isMerge: boolean;
  /** Whether the commit changes too many files: `changes` is empty then. */
  readonly isSkipped: boolean;
}

/**
 * Changes of one commit that are read. A valid tree holds half as many files, so a commit that
 * changes more comes from a tree that is too large, or leads to one.
 */
export const maxChangesPerCommit = 300_000;

/**
 * The commits from `after` (exclusive; all if it is missing) to `head`, oldest first.
 *
 * A commit that changes too many files has no changes here. The next commit is compared with the commit
 * before it, so it includes these changes.
 */
export async function* readCommits(
  directory: string,
  head: string,
  after: string | undefined,
  maxChanges = maxChangesPerCommit,
): AsyncGenerator<BranchCommit> {
  /** The last commit whose changes were read, if those after it were too many. */
  let last: string | undefined;
  for await (const found of readLine(directory, head, after, maxChanges)) {
    if (last === undefined) {
      yield found;
      if (found.isSkipped) last = found.comparedWith ?? found.parent;
      continue;
    }
    const comparedWith: string = last;
    const changes = await readChanges(directory, comparedWith, found.commit, maxChanges);
    if (changes) last = undefined;
    yield { ...found, comparedWith, changes: changes ?? [], isSkipped: !changes };
  }
}

async function* readLine(
  directory: string,
  head: string,
  after: string | undefined,
  maxChanges: number,
): AsyncGenerator<BranchCommit> {
  // The line nearly always is the one of first parents. In a short one without merges it always is.
  const usual = readSegment(directory, { tip: head }, after, maxChanges);
  try {
    const start: BranchCommit[] = [];
    let mayDiffer = false;
    for (let size = 0; !mayDiffer; mayDiffer = size > maxShortLine) {
      const { value, done } = await usual.next();
      if (done) break;
      start.push(value);
      size += value.isMerge ? Number.POSITIVE_INFINITY : 1 + value.changes.length;
    }
    const segments = mayDiffer ? await findLine(directory, head, after) : [];
    if (segments.length > 1) {
      for (const segment of segments) yield* readSegment(directory, segment, after, maxChanges);
      return;
    }
    yield* start;
    yield* usual;
  } finally {
    await usual.return(undefined);
  }
}

/** Commits and changes in a line that is read as a whole before it is used. */
const maxShortLine = 1_000;

async function* readSegment(
  directory: string,
  { tip, merge }: LineSegment,
  after: string | undefined,
  maxChanges: number,
): AsyncGenerator<BranchCommit> {
  if (merge) {
    const { parent } = merge;
    const { id, time } = merge.commit;
    const changes = await readChanges(directory, parent, id, maxChanges);
    const compared = { parent, comparedWith: parent, changes: changes ?? [] };
    yield { commit: id, time, ...compared, isMerge: true, isSkipped: !changes };
    if (tip === id) return;
  }
  for (let from: string | undefined = merge?.commit.id ?? after, isDone = false; !isDone; ) {
    isDone = true;
    for await (const commit of readLog(directory, {
      from: [tip],
      after: from,
      walk: "first-parent",
      order: "oldest-first",
      maxChanges,
    })) {
      const { id, parents, time, hasMoreChanges: isSkipped } = commit;
      const changes = isSkipped ? [] : commit.changes;
      const isMerge = parents.length > 1;
      yield { commit: id, parent: parents[0] ?? "", time, changes, isMerge, isSkipped };
      // The rest of its changes is not read, because there may be millions.
      if (!isSkipped) continue;
      from = id;
      isDone = id === tip;
    }
  }
}
