import { attempt } from "./attempt.ts";
import { maxCacheLagMs, maxClockSkewMs } from "./limits.ts";
import type { Copy, Failure, FlagList } from "./types.ts";

/** `[environment, updated_at, flags]` as JSON. A team's `bunting.yaml` may restrict names further. */
const listPattern =
  /^\["[\w.-]+","\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",\{("[\w.-]+":(true|false),?)*\}\]$/;

/** Takes the specified fields of a response body, unchecked, and nothing else that it contains. */
export function readList(value: unknown): FlagList {
  const { environment, flags, updated_at } = Object(value);
  return { environment, flags, updated_at };
}

/** Reads a stored copy or a message of another tab. The list in it is not checked. */
export function readCopy(value: unknown): Copy {
  const { at, modified, failure, definitions } = Object(value);
  return {
    ...readList(value),
    // JSON turns NaN into null, and this turns null into NaN.
    at: Number.parseFloat(at),
    modified: Number.parseFloat(modified),
    failure,
    definitions,
  };
}

/**
 * Whether the value has the specified shape. The pattern is applied to JSON, so that an object cannot
 * mislead the check by its prototype or its type.
 */
export function isFlagList({ environment, flags, updated_at }: FlagList): boolean {
  const json = attempt(() => JSON.stringify([environment, updated_at, flags])) ?? "";
  return listPattern.test(json) && Date.parse(updated_at) >= 0;
}

/** Why `found` must not replace `held`; `undefined` if it may. */
export function findFailure(found: Copy, held?: Copy, environment?: string): Failure | undefined {
  if (!isFlagList(found)) return found.failure || "malformed";
  if (environment && environment !== found.environment) return "environment";
  if (held && held.updated_at > found.updated_at && !mayGoBack(found, held)) return "older";
  return undefined;
}

/** A cache may return an older list for a while. In all other cases an older list is correct. */
function mayGoBack(found: Copy, held: Copy): boolean {
  return (
    // The source wrote the older list later: somebody published an older commit (`publish --rollback`).
    found.modified > held.modified ||
    // No cache is this far behind. The difference is negative if the clock was set back since.
    Math.abs(found.at - held.at) > maxCacheLagMs ||
    // The held list is dated in the future, so its date says nothing about its age.
    Date.parse(held.updated_at) > Date.now() + maxClockSkewMs
  );
}
