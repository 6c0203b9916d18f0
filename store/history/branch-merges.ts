/**
 * Which parent of a merge is the branch. Git does not record it, so it is decided from the commits
 * alone, so every machine has the same result:
 *
 * 1. The service commits to the branch only. If one side of the merge has commits of the service
 *    that the other side lacks, and not the other way round, that side is the branch.
 * 2. `git pull` names the branch in the subject: "Merge branch 'main' of URL into main". The branch
 *    is then the parent that was pulled, the second one.
 * 3. Otherwise the branch is the first parent, as after a merge of a pull request.
 */
import { parseMessage } from "../../schema/change/parse-message.ts";
import { type LogCommit, readLog } from "../git/log.ts";
import { isMadeOnBranch } from "../remote/commits.ts";

/** A part of the line: the commits up to `tip` along first parents, after `merge`. */
export interface LineSegment {
  readonly tip: string;
  /** The merge before the segment, and the parent of it that is the branch; missing in the first segment. */
  readonly merge?: { readonly commit: LogCommit; readonly parent: string };
}

/** The line of the branch up to `head`, in segments, oldest first: one, unless the branch was ever pulled into other commits. */
export async function findLine(
  directory: string,
  head: string,
  after: string | undefined,
): Promise<LineSegment[]> {
  const segments: LineSegment[] = [];
  for (let tip = head; ; ) {
    const merge = await findPullMerge(directory, tip, after);
    segments.unshift({ tip, ...(merge ? { merge } : {}) });
    if (!merge) return segments;
    tip = merge.parent;
  }
}

/** The newest merge on the line of first parents whose branch is another parent. */
async function findPullMerge(
  directory: string,
  tip: string,
  after: string | undefined,
): Promise<LineSegment["merge"]> {
  const merges: LogCommit[] = [];
  const options = { from: [tip], after, walk: "first-parent", merges: "only" } as const;
  for await (const merge of readLog(directory, options)) merges.push(merge);
  if (merges.length === 0) return undefined;
  const mayCompare =
    merges.length <= maxMergesCompared || (await hasCommitsOffLine(directory, tip));
  for (const commit of merges) {
    const parent = await branchParent(directory, commit, mayCompare);
    if (parent !== undefined && parent !== commit.parents[0]) return { commit, parent };
  }
  return undefined;
}

/** If there are more merges, one git command first checks whether any of them matters. */
const maxMergesCompared = 8;

/** The parent of a merge that is the branch; `undefined` for the first one. */
export async function branchParent(
  directory: string,
  { parents, message }: LogCommit,
  canAsk = true,
): Promise<string | undefined> {
  const [first = "", ...others] = parents;
  const has = (side: string, other: string) => hasCommitsOfService(directory, side, other);
  for (const other of canAsk ? others : []) {
    if (await has(other, first)) return (await has(first, other)) ? undefined : other;
  }
  const isPulled = others.length === 1 && isPullOfSameBranch(parseMessage(message).subject);
  if (!isPulled || (canAsk && (await has(first, others[0] ?? "")))) return undefined;
  return others[0];
}

/** Branches that git leaves out of the subject when it merges into them. */
const defaultBranches = ["main", "master", "trunk", "develop"];

/** Whether a subject is the one that `git pull` gives a merge of a branch into its local namesake. */
export function isPullOfSameBranch(subject: string): boolean {
  const pattern =
    /^Merge (?:branch '([^']+)' of \S+|remote-tracking branch '[^'/]+\/([^']+)')(?: into (\S+))?$/;
  const [, pulled, tracked, into] = pattern.exec(subject) ?? [];
  const branch = pulled ?? tracked;
  if (branch === undefined) return false;
  return into === undefined ? defaultBranches.includes(branch) : into === branch;
}

/** Whether `side` has commits that the service made on the branch and that `other` lacks. */
async function hasCommitsOfService(
  directory: string,
  side: string,
  other: string,
): Promise<boolean> {
  for await (const commit of readLog(directory, { from: [side], after: other }))
    if (isMadeOnBranch(commit)) return true;
  return false;
}

/** Whether the service made commits that are not on the line of first parents. */
async function hasCommitsOffLine(directory: string, tip: string): Promise<boolean> {
  const made = new Set<string>();
  for await (const commit of readLog(directory, { from: [tip] }))
    if (isMadeOnBranch(commit)) made.add(commit.id);
  if (made.size === 0) return false;
  for await (const { id } of readLog(directory, { from: [tip], walk: "first-parent" }))
    made.delete(id);
  return made.size > 0;
}
