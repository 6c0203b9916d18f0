import { setTimeout as pause } from "node:timers/promises";
import { GitHubError } from "./error.ts";

const attempts = 4;

/**
 * Returns what `find` finds, or creates it. If GitHub's answer to `create` is lost, it calls `find`
 * again before it retries, so nothing is created twice.
 */
export async function once<T>(
  find: () => Promise<T | undefined>,
  create: () => Promise<T>,
): Promise<{ readonly item: T; readonly isNew: boolean }> {
  for (let attempt = 1; ; attempt++) {
    const found = await find();
    if (found !== undefined) return { item: found, isNew: attempt > 1 };
    try {
      return { item: await create(), isNew: true };
    } catch (error) {
      if (!isUnclear(error) || attempt === attempts) throw error;
      await pause(500 * attempt ** 2);
    }
  }
}

/** Whether the call may have succeeded although it failed for us. */
function isUnclear(error: unknown): boolean {
  return error instanceof GitHubError && (error.status === 0 || error.status >= 500);
}
