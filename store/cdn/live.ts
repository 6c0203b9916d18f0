import { setTimeout as pause } from "node:timers/promises";
import pMap from "p-map";
import { type Expected, getFromCdn, isMissing } from "./cdn.ts";

/**
 * Waits until every URL below `base` answers with the expected bytes. Returns the paths that do not
 * after `timeoutMs` milliseconds.
 */
export async function waitUntilLive(
  base: string,
  expected: readonly Expected[],
  timeoutMs: number,
): Promise<string[]> {
  const deadline = performance.now() + timeoutMs;
  let pending = expected;
  for (let interval = 250; ; interval = Math.min(2_000, interval * 1.5)) {
    const live = await pMap(pending, (one) => isLive(base, one, deadline), { concurrency: 16 });
    pending = pending.filter((_, index) => !live[index]);
    if (pending.length === 0 || performance.now() + interval > deadline) {
      return pending.map(({ path }) => path);
    }
    await pause(interval);
  }
}

async function isLive(
  base: string,
  { path, response }: Expected,
  deadline: number,
): Promise<boolean> {
  // The last request gets a second even if the time is over.
  const leftMs = Math.max(1_000, Math.ceil(deadline - performance.now()));
  const timeoutMs = Math.min(10_000, leftMs);
  try {
    const { status, body } = await getFromCdn(base, path, { timeoutMs });
    return response === undefined ? isMissing(status) : status === 200 && body === response.body;
  } catch {
    return false;
  }
}
