import { attempt } from "./attempt.ts";
import { longestLag } from "./limits.ts";
import type { Copy, Failure, FlagList } from "./types.ts";

const shape = /^\["[a-z]\w*","[-\d:TZ]+",\{("[a-z]\w*":(true|false),?)*\}\]$/;

/**
 * Why `found` cannot take the place of `held`. Its shape is looked at as JSON: one pattern says all that
 * the specification does, and whatever else an object may be cannot get in the way.
 */
export function refuse(found?: Copy, held?: Copy, environment?: string): Failure | null {
  if (
    !(
      found &&
      shape.test(
        attempt(() => JSON.stringify([found.environment, found.updated_at, found.flags])) as string,
      )
    )
  ) {
    return found?.failure ?? "malformed";
  }
  if (environment && environment !== found.environment) return "environment";
  if (held && held.updated_at > found.updated_at) {
    // A cache may lag behind, for a day. What the source wrote later was put there on purpose.
    const isMeant = found.modified > held.modified || found.at - held.at > longestLag;
    if (!isMeant) return "older";
  }
  return null;
}

export function isFlagList(value: unknown): value is FlagList {
  return refuse(value as Copy) === null;
}
