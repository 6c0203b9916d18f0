import { chmodSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ifExists } from "./if-exists.ts";
import { makeDirectory } from "./make-directory.ts";

/**
 * Writes a file in one step, so that a reader never sees half of it, also if the disk is full. Makes its
 * directory. A file that exists keeps its mode; `mode` is that of a new one.
 */
export function replaceFile(file: string, text: string, mode = 0o666): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    makeDirectory(path.dirname(file));
    const kept = ifExists(() => statSync(file).mode & 0o777);
    writeFileSync(temporary, text, { mode: kept ?? mode, flag: "wx" });
    if (kept !== undefined) chmodSync(temporary, kept);
    renameSync(temporary, file);
  } catch (error) {
    if (existsSync(temporary)) rmSync(temporary);
    throw new Error(`Cannot write "${file}": ${(error as Error).message}`, { cause: error });
  }
}
