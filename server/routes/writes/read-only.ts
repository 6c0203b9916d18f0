/** What a client may send back but not change: the flag as it was read. */

import type { TimedFlag } from "../../../schema/flag/snapshot.ts";
import { type Fault, HttpError } from "../../http/problem.ts";

export type SentBack = Partial<
  Record<"name" | "description" | "created_at" | "updated_at", string>
>;

/** The values of a body that differ from the flag's, and must not. `isRoot`: in the first environment. */
export function findChanged(body: SentBack, flag: TimedFlag, isRoot: boolean): Fault[] {
  const fixed = ["name", "created_at", "updated_at"] as const;
  const keys = isRoot ? fixed : ([...fixed, "description"] as const);
  return keys
    .filter((key) => body[key] !== undefined && body[key] !== flag[key])
    .map((key) => ({
      pointer: `#/${key}`,
      code: "read-only",
      message: `"${key}" cannot be changed here`,
    }));
}

export function unchangeable(name: string, errors: readonly Fault[]): HttpError {
  const keys = errors.map(({ pointer }) => pointer.slice(2)).join(", ");
  return new HttpError(400, `Cannot change ${keys} of "${name}" here`, { errors });
}
