import { accessSync, constants } from "node:fs";
import path from "node:path";

const SYSTEM = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/**
 * The path of a program, also in the directories of an administrator's `PATH`; `undefined` if it is not
 * installed.
 */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(path.delimiter), ...SYSTEM];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

/** @throws {Error} if it is not installed */
export function program(name: string): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`Cannot run "${name}": it is not installed`);
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
