/**
 * The server holds back the same removals as a publication: those that are probably an accident, for
 * example a renamed folder. The flags are served as before until somebody accepts their removal.
 */
import { hash } from "node:crypto";
import type { WaitingChange } from "../../schema/compile/manifest.ts";
import type { Snapshot, TimedFlag } from "../../schema/flag/snapshot.ts";
import { holdBack } from "../../schema/plan/hold-back.ts";
import { findExceededLimits, waitingChanges } from "../../schema/plan/limits.ts";
import { listSome } from "../../schema/text/show.ts";
import { type CompiledSnapshot, compileSnapshot } from "../snapshot/compiled-snapshot.ts";
import type { BranchHistory } from "./branch-history.ts";

/** The served flags: those of a commit, and those whose removal is held back. */
export interface ServedRelease extends CompiledSnapshot {
  /** The removals that are held back. */
  readonly waiting: readonly WaitingChange[];
  /** The snapshots that the flags in `waiting` are served from, by commit. */
  readonly earlier: ReadonlyMap<string, Snapshot>;
  /** Why removals are held back; `undefined` if none is. */
  readonly reason: string | undefined;
}

/** The newest valid commit, and the served release. */
export interface CurrentRelease extends CompiledSnapshot {
  /** Differs from `release` if removals are held back. */
  readonly served: ServedRelease;
}

/** The release of a commit as it is. */
export function serveAll({ snapshot, release }: CompiledSnapshot): CurrentRelease {
  const served = { snapshot, release, waiting: [], earlier: new Map(), reason: undefined };
  return { snapshot, release, served };
}

/** Differs if other flags are served: the commit, and if removals are held back, what identifies them. */
export function servedIdOf({ snapshot, served }: CurrentRelease): string {
  const { commit } = snapshot;
  const { waiting } = served;
  if (waiting.length === 0) return commit;
  return `${commit}-${hash("sha256", JSON.stringify(waiting)).slice(0, 16)}`;
}

/**
 * What to serve after `previous`. A removal that was requested from the API is never held back: the
 * client got the answer that the flag is deleted. Removals that are held back already stay held back.
 */
export async function serveNext(
  previous: CurrentRelease | undefined,
  next: CompiledSnapshot,
  history: Pick<BranchHistory, "deletedByApi">,
): Promise<CurrentRelease> {
  if (!previous) return serveAll(next);
  const { served } = previous;
  const { commit, flags, project } = next.snapshot;
  // A server that starts again serves what it served before it stopped.
  if (commit === previous.snapshot.commit) return previous;
  const removed = findRemoved(served.snapshot.flags, flags);
  const size = { served: served.snapshot.flags.length, size: flags.length };
  const check = (names: readonly string[]) =>
    findExceededLimits({ removed: names, on: [], ...size }, project.limits, served.waiting);
  if (check(removed).length === 0) return serveAll(next);

  const deleted = await history.deletedByApi(commit, removed);
  const exceeded = check(removed.filter((name) => !deleted.has(name)));
  const waiting = waitingChanges(exceeded, served.waiting, previous.snapshot.commit);
  const earlier = new Map(served.earlier).set(previous.snapshot.commit, previous.snapshot);
  const reason = exceeded.map(({ reason }) => reason).join(", and ");
  return holdBackRemovals(next, waiting, earlier, describeWaiting(waiting, reason));
}

/** The release of a commit with the flags in `waiting` as they are in `snapshots`, which are by commit. Throws if one is missing. */
export function holdBackRemovals(
  next: CompiledSnapshot,
  waiting: readonly WaitingChange[],
  snapshots: ReadonlyMap<string, Snapshot>,
  reason: string,
): CurrentRelease {
  if (waiting.length === 0) return serveAll(next);
  const used = new Set(waiting.map(({ served }) => served));
  const earlier = new Map([...snapshots].filter(([commit]) => used.has(commit)));
  const served = compileSnapshot(holdBack(next.snapshot, waiting, earlier));
  return { ...next, served: { ...served, waiting, earlier, reason } };
}

/** The names of removed flags. Both lists are sorted by name. */
function findRemoved(before: readonly TimedFlag[], after: readonly TimedFlag[]): string[] {
  const removed: string[] = [];
  let at = 0;
  for (const flag of before) {
    const { name } = flag;
    // Most flags are the same objects in both, so their names need not be compared.
    while (after[at] !== flag && at < after.length && (after[at] as TimedFlag).name < name) at += 1;
    if (after[at] === flag || after[at]?.name === name) at += 1;
    else removed.push(name);
  }
  return removed;
}

function describeWaiting(waiting: readonly WaitingChange[], reason: string): string {
  const flags = waiting.map(({ flag }) => flag);
  const hint = "restore the files, or accept it: send Publish-Allow: REASON with a write";
  return `The removal of ${listSome(flags, 5)} is not served: ${reason}; ${hint}, or start with --accept-remote`;
}
