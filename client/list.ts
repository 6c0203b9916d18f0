import { attempt } from "./attempt.ts";
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
  // A cache may lag behind; but older flags that the source wrote later were put there on purpose.
  const isOlder = (held?.updated_at as string) > found.updated_at;
  return isOlder && !(found.modified > (held as Copy).modified) ? "older" : null;
}

export function isFlagList(value: unknown): value is FlagList {
  return refuse(value as Copy) === null;
}
