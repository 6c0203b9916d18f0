import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { maxArtifactBytes } from "../../schema/github/artifact.ts";

/**
 * The text of a file that may be hostile: it must be a plain file of limited size. `undefined` if it is
 * missing or empty, because the step that writes it has failed.
 */
export function readArtifact(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if ((error as NodeJS.ErrnoException).code !== "ELOOP") throw error;
    throw new Error(`Cannot read "${file}": it is a symbolic link, wanted a plain file`);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error(`Cannot read "${file}": wanted a plain file`);
    if (stat.size > maxArtifactBytes) {
      const found = `it has ${stat.size} bytes, ${maxArtifactBytes} are the most`;
      throw new Error(`Cannot read "${file}": ${found}`);
    }
    const text = readFileSync(descriptor, "utf8");
    return text.trim() === "" ? undefined : text;
  } finally {
    closeSync(descriptor);
  }
}
