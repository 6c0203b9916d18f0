import type { FlagList } from "./types.ts";

const name = /^[a-z][a-z0-9_]{0,63}$/;
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Whether `value` has the shape that the specification gives a list of flags. */
export function isFlagList(value: unknown): value is FlagList {
  const { environment, flags, updated_at } = (value ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof environment === "string" &&
    typeof updated_at === "string" &&
    timestamp.test(updated_at) &&
    typeof flags === "object" &&
    flags !== null &&
    !Array.isArray(flags) &&
    Object.entries(flags).every(([key, on]) => name.test(key) && typeof on === "boolean")
  );
}
