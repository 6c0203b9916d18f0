/** How many people each changed flag affects, also if the change is a new name. */
import type { TimedFlag } from "../flag/snapshot.ts";
import { isSameJson } from "../text/json.ts";
import type { DecisionChange, FlagDifference } from "./difference.ts";
import type { MeasurePeople } from "./people.ts";

export interface MeasuredFlag extends FlagDifference<TimedFlag> {
  /** The flag that it seems to be under a new name, if people are affected. */
  readonly renamedFrom?: string;
}

export function measureFlags(
  differences: readonly FlagDifference<TimedFlag>[],
  measure: MeasurePeople,
): MeasuredFlag[] {
  const removed = differences.filter(({ change }) => change === "removed");
  return differences.map((difference) => {
    const { before, after } = difference;
    const earlier = before ?? findRenamed(after, removed);
    const decisions = measureChanges(difference, earlier, measure);
    const isRenamed = !before && Object.values(decisions).some(({ people }) => people);
    return {
      ...difference,
      decisions,
      ...(isRenamed && earlier && { renamedFrom: earlier.name }),
    };
  });
}

/** The removed flag with the decisions and the description of a new one: the same flag under another name. */
function findRenamed(
  flag: TimedFlag | undefined,
  removed: readonly FlagDifference<TimedFlag>[],
): TimedFlag | undefined {
  const same = removed.filter(
    ({ before }) =>
      before?.description === flag?.description && isSameJson(before?.decisions, flag?.decisions),
  );
  return same.length === 1 ? same[0]?.before : undefined;
}

/** Adds to each change how many people it affects, compared with the flag before. */
function measureChanges(
  { decisions, after }: FlagDifference<TimedFlag>,
  earlier: TimedFlag | undefined,
  measure: MeasurePeople,
): Readonly<Record<string, DecisionChange>> {
  const measured = Object.entries(decisions).map(([environment, change]) => {
    const was = earlier?.decisions[environment];
    if (!earlier || !was || !after || !change.after) return [environment, change] as const;
    const sides = {
      before: { name: earlier.name, decision: was },
      after: { name: after.name, decision: change.after },
    };
    const people = measure(sides, environment);
    return [environment, people ? { ...change, people } : change] as const;
  });
  return Object.fromEntries(measured);
}
