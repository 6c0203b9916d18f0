/** Where the responses of a release are in a directory. */
import { readFileSync } from "node:fs";
import { type Manifest, parseManifest } from "../../schema/compile/manifest.ts";

/** The file for a URL's path: `v1/feature-flags/index.json` for the list, `….json` for a flag. */
export function fileOf(urlPath: string): string {
  const file = urlPath.slice(1);
  if (file.endsWith(".json")) return file;
  return file.endsWith("/") ? `${file}index.json` : `${file}.json`;
}

/** The URL's path for a file: the inverse of `fileOf()`. */
export function pathOfFile(file: string): string {
  const [, folder, name] = /^((?:.*\/)?v1\/feature-flags\/)(.*)\.json$/.exec(file) ?? [];
  if (folder === undefined) return `/${file}`;
  return `/${folder}${name === "index" ? "" : name}`;
}

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
