import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type DefinitionsSource, maxDefinitionsBytes, type SourceText } from "./source.ts";

/** A build replaces its directory by two renames, and between them there is none. */
const replacementMs = 50;

/**
 * Reads the definitions from a directory that holds a release: `bunting build`, or `bunting publish`. The
 * first environment of a project is at the top of the directory, and others are in folders.
 */
export function directorySource(
  directory: string,
  environment: string | undefined,
): DefinitionsSource {
  const files = [...(environment ? [environment] : []), ""].map((folder) =>
    path.join(directory, folder, "v1/definitions.json"),
  );
  return { name: directory, read };

  async function read(version: string): Promise<SourceText | undefined> {
    for (const pauseMs of [undefined, replacementMs]) {
      if (pauseMs !== undefined) await pause(pauseMs);
      for (const file of files) {
        try {
          return await readIfChanged(file, version);
        } catch (error) {
          const { code, message } = error as NodeJS.ErrnoException;
          if (code !== "ENOENT") throw new Error(`Cannot read "${file}": ${message}`);
        }
      }
    }
    const fileNames = files.map((file) => `"${file}"`).join(" or ");
    throw new Error(
      `Cannot read "${directory}": there is no ${fileNames}. Write publish: { definitions: true } to bunting.yaml`,
    );
  }
}

/** The text of a file; `undefined` if it is the file that had `version`. */
async function readIfChanged(file: string, version: string): Promise<SourceText | undefined> {
  const found = await stat(file);
  // Opening a named pipe would wait for a writer.
  if (!found.isFile()) throw new Error("it is not a regular file");
  if (found.size > maxDefinitionsBytes) {
    throw new Error(`it has ${found.size} bytes; expected at most ${maxDefinitionsBytes}`);
  }
  const current = `${file} ${found.ino} ${found.size} ${found.mtimeMs} ${found.ctimeMs}`;
  if (current === version) return undefined;
  // If the file changes now, the next read sees another version than this one.
  return { text: await readFile(file, "utf8"), version: current };
}
