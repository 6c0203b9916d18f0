import type { Finding } from "../problem/problem.ts";
import type { Environments } from "../project/project.ts";
import { groupDigits } from "../text/show.ts";
import { checkSize } from "./size-finding.ts";

/** The largest list that a client reads, in bytes. `client/core/limits.ts` has the same number. */
export const maxListBytes = 1_000_000;

/**
 * The size of the largest list of an environment, in bytes, if each flag is off. So switching a flag
 * off never makes a list too large. Names are ASCII.
 */
export function listBytes(names: readonly string[], { environments }: Environments): number {
  const longest = Math.max(...environments.map(({ length }) => length));
  const empty = '{"environment":"","flags":{},"updated_at":"2024-08-31T12:00:00Z"}';
  const entries = names.reduce((sum, name) => sum + name.length + '"":false,'.length, 0);
  return empty.length + longest + Math.max(0, entries - 1);
}

/** Whether clients can read the lists that have these flags, and for how much longer. */
export function checkListSize(names: readonly string[], project: Environments): Finding[] {
  const bytes = listBytes(names, project);
  return checkSize(`the list of all ${groupDigits(names.length)} flags`, bytes, {
    ...{ maxBytes: maxListBytes, readers: "clients" },
    ...{ tooLarge: "list-too-large", nearLimit: "large-list" },
    hint: "delete flags that are on for everyone: bunting stale",
  });
}
