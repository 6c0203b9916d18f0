import { findReferenceFaultsOf } from "../../schema/file/reference-faults.ts";
import { checkDefinitionsSize } from "../../schema/flag/definitions-size.ts";
import { linkFlags } from "../../schema/flag/link.ts";
import { checkListSize } from "../../schema/flag/list-size.ts";
import { findFlag, positionOf, type Snapshot, type TimedFlag } from "../../schema/flag/snapshot.ts";
import { isError } from "../../schema/problem/problem.ts";
import { type KnownFlags, readChangedFlags, readNewCommits } from "./changed-flags.ts";

/** A snapshot, and the flags that differ from the one before. */
export interface AppliedCommits {
  readonly snapshot: Snapshot;
  /** Their names, also of those that are gone, and of those that refer to others. */
  readonly changed: ReadonlySet<string>;
}

/**
 * The snapshot of a later commit, from an earlier one and the files that changed in between.
 * `undefined` if all files must be read for it.
 */
export async function applyCommitsToSnapshot(
  directory: string,
  from: Snapshot,
  commit: string,
): Promise<AppliedCommits | undefined> {
  const commits = await readNewCommits(directory, from.commit, commit);
  const changes =
    commits && (await readChangedFlags(directory, from.project, knownFrom(from), commits, commit));
  if (!changes) return undefined;
  const { snapshot, names } = changes;
  const { audiences } = from;
  const merged = replaceFlags(from.flags, names, snapshot.flags);
  if (findReferenceFaultsOf(merged, audiences).length > 0) return undefined;
  const flags = linkFlags(merged, audiences);
  const relinked = flags === merged ? [] : flags.filter((flag, index) => flag !== merged[index]);
  const all = flags.map(({ name }) => name);
  const sizes = [
    ...checkListSize(all, from.project),
    ...checkDefinitionsSize(flags, audiences, from.project),
  ];
  if (sizes.some(isError)) return undefined;
  const changed = new Set([...names, ...relinked.map(({ name }) => name)]);
  return { snapshot: { ...snapshot, flags, audiences }, changed };
}

/** `flags` without those with one of `names`, and with `next`. Goes through the changes, not through all flags. */
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

function knownFrom({ commit, committed_at, updated_at, flags }: Snapshot): KnownFlags {
  const find = (name: string) => findFlag(flags, name);
  const has = (name: string) => find(name) !== undefined;
  return { commit, committed_at, updated_at, has, find };
}
