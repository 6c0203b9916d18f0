import { mkdirSync, statSync } from "node:fs";
import path from "node:path";

/**
 * Creates a directory and its parents, like `mkdir -p`. Node 20's own `recursive: true` never
 * returns where the file system answers ENOENT for a parent that exists, as `/proc` does.
 */
export function makeDirectory(directory: string): void {
  try {
    create(directory);
  } catch (error) {
    const parent = path.dirname(directory);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === directory) throw error;
    makeDirectory(parent);
    create(directory);
  }
}

function create(directory: string): void {
  try {
    mkdirSync(directory);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST" && isDirectory(directory);
    if (!isThere) throw error;
  }
}

function isDirectory(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
