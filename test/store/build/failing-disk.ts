/** Ends a process, or fails the disk, at a given change of the file system. The change is then half done. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import path from "node:path";

const { writeFileSync, linkSync, renameSync, mkdirSync, rmSync, readFileSync } = fs;
const real = { writeFileSync, linkSync, renameSync, mkdirSync, rmSync, readFileSync };

/** Runs `work` up to the given change of the file system, from 1. Returns whether it completed before. */
export function completesBefore(change: number, work: () => void): boolean {
  let hasStopped = false;
  try {
    withHooks(
      (now) => now < change,
      () => {
        hasStopped = true;
      },
      work,
    );
  } catch (error) {
    if (!hasStopped) throw error;
  }
  return !hasStopped;
}

/** Runs `work` on a disk that fails only at the given change. Throws what `work` throws. */
export function failsAt(moment: number, work: () => void): void {
  withHooks(
    (now) => now !== moment,
    () => {},
    work,
  );
}

/** Runs `work`, and `other` just before the given change, like another process. */
export function runBetweenChanges(moment: number, other: () => void, work: () => void): void {
  let isOther = false;
  withHooks(
    (now) => {
      if (now === moment && !isOther) {
        isOther = true;
        other();
      }
      return true;
    },
    () => {},
    work,
  );
}

/** Runs `work` while the first file that it reads is missing during that read. */
export function withMissingFirstFile(directory: string, work: () => void): void {
  let isFirst = true;
  const read = (...args: Parameters<typeof real.readFileSync>) => {
    if (!isFirst) return real.readFileSync(...args);
    isFirst = false;
    real.renameSync(directory, `${directory}.away`);
    try {
      return real.readFileSync(...args);
    } finally {
      real.renameSync(`${directory}.away`, directory);
    }
  };
  replaced({ readFileSync: read }, work);
}

/** Runs `work` on a file system without hard links. */
export function withoutLinks(work: () => void): void {
  const linkSync = () => {
    throw Object.assign(new Error("EPERM: operation not permitted"), { code: "EPERM" });
  };
  replaced({ linkSync }, work);
}

/**
 * Runs `work` with a file system whose changes fail unless `isFine` is true for their number. The first
 * change that fails is left half done.
 */
function withHooks(isFine: (moment: number) => boolean, onFailure: () => void, work: () => void) {
  let moment = 0;
  let hasFailed = false;
  const guard =
    <Args extends unknown[], Out>(change: (...args: Args) => Out, half: (...args: Args) => void) =>
    (...args: Args): Out => {
      moment += 1;
      if (isFine(moment)) return change(...args);
      if (!hasFailed) half(...args);
      hasFailed = true;
      onFailure();
      throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    };
  const nothing = () => {};
  const changes = {
    writeFileSync: guard(real.writeFileSync as (file: string, text: string) => void, writeHalf),
    linkSync: guard(real.linkSync, nothing),
    renameSync: guard(real.renameSync, nothing),
    mkdirSync: guard(real.mkdirSync, nothing),
    rmSync: guard(real.rmSync as (file: string) => void, removeHalf),
  };
  replaced(changes, work);
}

function replaced(functions: object, work: () => void): void {
  Object.assign(fs, functions);
  syncBuiltinESMExports();
  try {
    work();
  } finally {
    Object.assign(fs, real);
    syncBuiltinESMExports();
  }
}

function writeHalf(file: string, text: string): void {
  real.writeFileSync(file, text.slice(0, text.length / 2));
}

/** Removes every file of a folder except those that make it look complete. */
function removeHalf(file: string): void {
  if (!fs.lstatSync(file, { throwIfNoEntry: false })?.isDirectory()) return;
  const entries = fs.readdirSync(file, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.isDirectory() || entry.name === "manifest.json") continue;
    real.rmSync(path.join(entry.parentPath, entry.name));
  }
}
