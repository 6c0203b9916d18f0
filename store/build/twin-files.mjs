// Gives files further names. Plain JavaScript, since a thread of its own may run it: a loader for
// TypeScript would take longer to start there than all of its work.
import { linkSync } from "node:fs";
import { isMainThread, parentPort, workerData } from "node:worker_threads";

/** What the thread counts, in memory that both see: how often it was asked, and how often it failed. */
export const [done, failed] = [0, 1];

/**
 * Gives files in `from` the same names in `to`, where their folders are. False where the file
 * system knows no links, or has no room for them.
 *
 * @param {string} from
 * @param {string} to
 * @param {readonly string[]} names
 */
export function linkFiles(from, to, names) {
  try {
    for (const name of names) linkSync(`${from}/${name}`, `${to}/${name}`);
    return true;
  } catch {
    return false;
  }
}

if (!isMainThread && workerData?.linkFiles) {
  const { from, to, counts } = workerData.linkFiles;
  parentPort?.on("message", (names) => {
    if (!linkFiles(from, to, names)) Atomics.add(counts, failed, 1);
    Atomics.add(counts, done, 1);
    Atomics.notify(counts, done);
  });
}
