import { renameSync, rmSync, writeFileSync } from "node:fs";

/** Replaces the text of a file in one step: a reader, or a full disk, never leaves half of it. */
export function replaceFile(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
