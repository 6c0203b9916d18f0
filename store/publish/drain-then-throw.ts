import pMap from "p-map";

/**
 * Does `work` for each item, with limited concurrency. If one fails, no other starts, and the error is
 * thrown after all started ones have ended, so that a repair runs after their effects.
 */
export async function drainThenThrow<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  const attempt = async (item: T) => {
    if (failures.length > 0) return;
    await work(item).catch((error: unknown) => failures.push(error));
  };
  await pMap(items, attempt, { concurrency });
  if (failures.length > 0) throw failures[0];
}
