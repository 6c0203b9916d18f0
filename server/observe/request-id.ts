import { randomUUID } from "node:crypto";
import { findCredentials } from "../../schema/text/personal-data.ts";

/**
 * The id of a request: the client's `X-Request-Id`, or a new one. An id is kept in logs and commits, so
 * one that looks like a credential is replaced.
 */
export function requestIdOf(given: string | string[] | undefined): string {
  const isUsable = typeof given === "string" && /^[\w.-]{1,64}$/.test(given);
  return isUsable && findCredentials(given).length === 0 ? given : randomUUID();
}
