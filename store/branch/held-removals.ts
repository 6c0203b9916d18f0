/**
 * The server holds back the same removals as a publication: those that are probably an accident, for
 * example a renamed folder. The flags are served as before until somebody accepts their removal.
 */
import type { TimedFlag } from "../../schema/flag/snapshot.ts";
import { holdBack } from "../../schema/plan/hold-back.ts";
import { findLimitViolations } from "../../schema/plan/limits.ts";
import { listSome } from "../../schema/text/show.ts";
import { type CompiledSnapshot, compileSnapshot } from "../snapshot/compiled-snapshot.ts";

/** The served flags: those of a commit, and those whose removal is held back. */
export interface ServedRelease extends CompiledSnapshot {
  /** Names of the flags whose removal is held back. */
  readonly held: readonly string[];
  /** Why; missing if none is. */
  readonly reason?: string;
}

/** The newest valid commit, and the served release. */
export interface CurrentRelease extends CompiledSnapshot {
  /** Differs from `release` if removals are held back. */
  readonly served: ServedRelease;
}

/**
 * What to serve after `served`. Of removals that this server made itself (`isOwn`) none is held back,
 * because each of them was requested; what is held already stays so.
 */
export function serveNext(
  served: ServedRelease | undefined,
  next: CompiledSnapshot,
  isOwn: boolean,
): ServedRelease {
  if (!served) return { ...next, held: [] };
  const { flags, project } = next.snapshot;
  const before = findRemoved(served.snapshot.flags, flags);
  const removed = isOwn ? before.filter((name) => served.held.includes(name)) : before;
  if (removed.length === 0) return { ...next, held: [] };

  const size = { served: served.snapshot.flags.length, size: flags.length };
  const waiting = served.held.map(removalOf);
  const violations = findLimitViolations({ removed, on: [], ...size }, project.limits, waiting);
  const held = violations.flatMap((violation) => violation.flags);
  if (held.length === 0) return { ...next, held };
  const snapshot = holdBack(next.snapshot, held.map(removalOf), new Map([["", served.snapshot]]));
  const reason = violations.map((violation) => violation.reason).join(", and ");
  return { ...compileSnapshot(snapshot), held, reason: describe(held, reason) };
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

function removalOf(flag: string) {
  return { flag, change: "removal", served: "" } as const;
}

function describe(held: readonly string[], reason: string): string {
  const hint = "restore the files, or accept it: send Publish-Allow: REASON with a write";
  return `The removal of ${listSome(held, 5)} is not served: ${reason}; ${hint}, or start with --accept-remote`;
}
