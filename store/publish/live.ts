import { setTimeout as pause } from "node:timers/promises";
import pMap from "p-map";
import type { Response } from "../../schema/compile/release.ts";
import { outgoingFetch } from "../network/outgoing.ts";

/** A change that clients are to see: the response at a path, or that there is none any more. */
export interface Expected {
  readonly path: string;
  /** Missing for a path that was removed. */
  readonly response?: Response;
}

/**
 * Waits until every URL below `base` answers with the expected bytes, as any client would ask.
 * Returns the paths that do not yet after `patience` milliseconds: none, if all is live.
 */
export async function waitUntilLive(
  base: string,
  expected: readonly Expected[],
  patience: number,
): Promise<string[]> {
  const deadline = Date.now() + patience;
  let pending = expected;
  for (let interval = 250; ; interval = Math.min(2_000, interval * 1.5)) {
    const live = await pMap(pending, (one) => isLive(base, one, deadline), { concurrency: 16 });
    pending = pending.filter((_, index) => !live[index]);
    if (pending.length === 0 || Date.now() + interval > deadline) {
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
  // The last look gets a moment as well, even when the time is up.
  const signal = AbortSignal.timeout(Math.min(10_000, Math.max(1_000, deadline - Date.now())));
  try {
    const answer = await outgoingFetch(base.replace(/\/+$/, "") + path, {
      signal,
      redirect: "error",
    });
    const body = await answer.text();
    if (response === undefined) return answer.status === 404 || answer.status === 403;
    return answer.status === 200 && body === response.body;
  } catch {
    return false;
  }
}
