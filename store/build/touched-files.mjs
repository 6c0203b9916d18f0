// Finds files that were touched. Plain JavaScript, since a thread of its own may run it: a loader
// for TypeScript would take longer to start there than all of its work.
import { lstatSync } from "node:fs";
import { isMainThread, parentPort, workerData } from "node:worker_threads";

/** @typedef {import("./seal.ts").Alike} Alike */

/**
 * The names, without `.json`, of files that are gone or became younger than `time`.
 *
 * @param {string} directory
 * @param {number} time in milliseconds, as the file system tells it
 * @param {readonly Alike[]} groups
 * @returns {string[]}
 */
export function findTouched(directory, time, groups) {
  return groups.flatMap(({ folders, names }) => {
    const [first, ...others] = folders.map((folder) => `${directory}/${folder}/`);
    return names.filter((name) => {
      const stat = look(`${first}${name}.json`, time);
      if (stat && stat.nlink >= folders.length) return false;
      return !stat || !others.every((folder) => look(`${folder}${name}.json`, time));
    });
  });
}

/**
 * @param {string} file
 * @param {number} time
 */
function look(file, time) {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  return stat && stat.ctimeMs <= time ? stat : undefined;
}

if (!isMainThread && workerData?.findTouched) {
  const { directory, time } = workerData.findTouched;
  parentPort?.on("message", (groups) => {
    parentPort?.postMessage(findTouched(directory, time, groups));
  });
}
