import { setTimeout as pause } from "node:timers/promises";
import type { Evaluations } from "./evaluations.ts";

/** Maximum time that a request waits for a newer commit. */
const maxWaitMs = 2_000;
/** Minimum time between two fetches, because requests can have a version that no server has. */
const minIntervalMs = 1_000;

/** Waits until the environment may have the version in `etag`: at most two seconds. Never throws. */
export type WaitForVersion = (etag: string, folder: string) => Promise<void>;

/**
 * Fetches the branch if a provider names a version that this server does not serve yet, from an event of
 * another server. Without this, the provider would get the old flags, and no other event.
 */
export function catchUp(evaluations: Evaluations, sync: () => Promise<void>): WaitForVersion {
  let startedAtMs = Number.NEGATIVE_INFINITY;
  let running: Promise<void> = Promise.resolve();
  return async (etag, folder) => {
    if (etag === `"${evaluations.of(folder)?.document.version}"`) return;
    const nowMs = performance.now();
    if (nowMs - startedAtMs >= minIntervalMs) {
      startedAtMs = nowMs;
      running = sync().catch(() => {});
    }
    const timer = new AbortController();
    const options = { ref: false, signal: timer.signal };
    await Promise.race([running, pause(maxWaitMs, undefined, options).catch(() => {})]);
    timer.abort();
  };
}
