import { fileStart } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import type { Project } from "../project/project.ts";
import { groupDigits } from "../text/show.ts";

/** The largest list that a client reads, in bytes. `client/core/limits.ts` has the same number. */
export const maxListBytes = 1_000_000;

/** Share of the maximum from which there is a warning. */
const warningShare = 0.8;

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
  if (bytes <= maxListBytes * warningShare) return [];
  const size = `the list of all ${groupDigits(names.length)} flags has ${groupDigits(bytes)} bytes`;
  const limit = `clients read at most ${groupDigits(maxListBytes)}`;
  const hint = "delete flags that are on for everyone: bunting stale";
  return bytes > maxListBytes
    ? [
        {
          ...fileStart,
          code: "list-too-large",
          message: `Cannot serve these flags: ${size}, and ${limit}`,
          hint,
        },
      ]
    : [
        {
          ...fileStart,
          code: "large-list",
          message: `Is near the limit: ${size}, and ${limit}`,
          hint,
        },
      ];
}

type Environments = Pick<Project, "environments">;
