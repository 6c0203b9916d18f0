import pMap from "p-map";

/**
 * Does `work` for each item, so many at once. When one fails no other is begun, and the error is
 * thrown once those that were begun have ended: whoever mends what they did must be the last.
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
