import type { WaitingChange } from "../compile/manifest.ts";
import { linkFlags } from "../flag/link.ts";
import { findFlag, type Snapshot } from "../flag/snapshot.ts";
import { rootEnvironment } from "../project/project.ts";
import { compareText } from "../text/order.ts";

/**
 * Returns `snapshot` without the waiting changes. A flag whose removal waits stays as it was. A flag
 * whose switch-on waits keeps its earlier state in the first environment only. `served` has the
 * snapshots with the earlier states, by commit. Throws if one of them is missing.
 */
export function holdBack(
  snapshot: Snapshot,
  waiting: readonly WaitingChange[],
  served: ReadonlyMap<string, Snapshot>,
): Snapshot {
  const root = rootEnvironment(snapshot.project);
  const flags = new Map(snapshot.flags.map((flag) => [flag.name, flag]));
  for (const { flag: name, change, served: commit } of waiting) {
    const before = served.get(commit);
    const flag = before && findFlag(before.flags, name);
    if (!before || !flag) {
      throw new Error(`Cannot keep "${name}" as it is served: commit ${commit} does not have it`);
    }
    const decision = flag.decisions[rootEnvironment(before.project)];
    const kept = change === "removal" ? flag : (flags.get(name) ?? flag);
    const decisions = { ...kept.decisions, ...(decision ? { [root]: decision } : {}) };
    flags.set(name, { ...kept, decisions });
  }
  const sorted = [...flags.values()].sort((a, b) => compareText(a.name, b.name));
  // A flag that stays may refer to an audience that is gone.
  const known = new Set(snapshot.audiences.map(({ name }) => name));
  const gone = [...served.values()]
    .flatMap(({ audiences }) => audiences)
    .filter(({ name }) => !known.has(name) && known.add(name));
  const audiences = [...snapshot.audiences, ...gone];
  return { ...snapshot, audiences, flags: linkFlags(sorted, audiences) };
}
