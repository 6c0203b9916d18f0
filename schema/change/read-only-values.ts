/** Values that a client may send back but not change: the flag as it read it. */
import type { TimedFlag } from "../flag/snapshot.ts";

export type ReadOnlyValues = Partial<
  Record<"name" | "description" | "created_at" | "updated_at", string>
>;

/** The keys of values that differ from the flag's, but cannot be changed at `environment`. */
export function findReadOnlyChanges(
  sent: ReadOnlyValues,
  flag: TimedFlag,
  isRoot: boolean,
): (keyof ReadOnlyValues)[] {
  const fixed = ["name", "created_at", "updated_at"] as const;
  const keys = isRoot ? fixed : ([...fixed, "description"] as const);
  return keys.filter((key) => sent[key] !== undefined && sent[key] !== flag[key]);
}
