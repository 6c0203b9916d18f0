import { attempt } from "../core/attempt.ts";
import type { FlagStorage } from "../core/types.ts";

const key = "bunting-id";
/** For pages that may store nothing. */
let unstored = "";

/** A random id of this browser, the same for all clients and visits if it can be stored. */
export function readRandomId(storage: FlagStorage | null | undefined): string {
  const stored = attempt(() => storage?.getItem(key));
  if (stored) return stored;
  unstored ||= String(Math.random()).slice(2);
  attempt(() => storage?.setItem(key, unstored));
  return unstored;
}
