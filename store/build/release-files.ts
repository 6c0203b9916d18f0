/** Where the responses of a release are in a directory. */
import { readFileSync } from "node:fs";
import { type Manifest, parseManifest } from "../../schema/compile/manifest.ts";

/** The manifest of the release in `directory`; `undefined` if there is none, or only part of one. */
export function readManifest(directory: string): Manifest | undefined {
  try {
    return parseManifest(readFileSync(manifestFile(directory), "utf8"));
  } catch {
    return undefined;
  }
}

/** The manifest's file. It is written last, so a directory that has one holds a whole release. */
export function manifestFile(directory: string): string {
  return `${directory}/manifest.json`;
}
