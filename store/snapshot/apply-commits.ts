import { findReferenceProblemsOf } from "../../schema/file/reference-problems.ts";
import { linkFlags } from "../../schema/flag/link.ts";
import { foldCase } from "../../schema/flag/name.ts";
import { findFlag, positionOf, type Snapshot, type TimedFlag } from "../../schema/flag/snapshot.ts";
import { isError } from "../../schema/problem/problem.ts";
import { checkDefinitionsSize } from "../../schema/size/definitions-size.ts";
import { checkListSize } from "../../schema/size/list-size.ts";
import { CommitSize } from "../commit/commit-size.ts";
import type { CreatedCommit } from "../remote/commits.ts";
import { describeCommits, readChangedFlags, readNewCommits } from "./changed-flags.ts";

/**
 * The snapshot of a later commit, from an earlier one and the files that changed in between. If `created`
 * are all commits in between, nothing is read. `size` is that of the earlier commit; the changes are added.
 * `undefined` if all files must be read for it.
 */
export async function applyCommitsToSnapshot(
  directory: string,
  from: Snapshot,
  commit: string,
  created: readonly CreatedCommit[] = [],
  size = new CommitSize(),
): Promise<Snapshot | undefined> {
  const { audiences, project } = from;
  const { commits, texts } =
    created.length > 0
      ? describeCommits(created, from)
      : { commits: await readNewCommits(directory, from.commit, commit), texts: new Map() };
  const changes = commits && (await readChangedFlags(directory, from, commits, texts));
  if (changes?.snapshot.commit !== commit) return undefined;
  const { snapshot, names, files } = changes;
  for (const [file, bytes] of files) size.add(file, bytes);
  const merged = replaceFlags(from.flags, names, snapshot.flags);
  // Without flags, a folder whose name differs from `flags` only by case is an error.
  if (size.isTooLarge || merged.length === 0) return undefined;
  if (hasNewNames(from, snapshot) && haveDuplicates(merged)) return undefined;
  if (findReferenceProblemsOf(merged, audiences).length > 0) return undefined;
  const flags = linkFlags(merged, audiences);
  const all = flags.map(({ name }) => name);
  const sizes = [
    ...checkListSize(all, project),
    ...checkDefinitionsSize(flags, audiences, project),
  ];
  return sizes.some(isError) ? undefined : { ...snapshot, flags, audiences };
}

function hasNewNames({ flags: known }: Snapshot, { flags }: Snapshot): boolean {
  return flags.some(({ name }) => !findFlag(known, name));
}

function haveDuplicates(flags: readonly TimedFlag[]): boolean {
  return new Set(flags.map(({ name }) => foldCase(name))).size < flags.length;
}

/**
 * Returns `flags` without those in `names`, and with `next`. The cost depends on the number of changes,
 * not of flags.
 */
function replaceFlags(
  flags: readonly TimedFlag[],
  names: ReadonlySet<string>,
  next: readonly TimedFlag[],
): TimedFlag[] {
  const replaced = [...flags];
  for (const name of names) {
    const at = positionOf(replaced, name);
    if (replaced[at]?.name === name) replaced.splice(at, 1);
  }
  for (const flag of next) replaced.splice(positionOf(replaced, flag.name), 0, flag);
  return replaced;
}
