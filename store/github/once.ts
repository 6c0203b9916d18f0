import { setTimeout as pause } from "node:timers/promises";
import { GitHubError } from "./error.ts";

const attempts = 4;

/**
 * What `find` finds, or else what `create` makes. Where GitHub's answer got lost, it looks again
 * before it tries again: so nothing is made twice, and nothing is left unmade.
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

/** Whether it may have been done all the same. */
function isUnclear(error: unknown): boolean {
  return error instanceof GitHubError && (error.status === 0 || error.status >= 500);
}
