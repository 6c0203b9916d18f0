/** Where the responses of a release stand in a directory. */
import { existsSync, readFileSync } from "node:fs";
import { type Manifest, parseManifest } from "../../schema/compile/release.ts";

/** Where the response to a URL stands: the list is `v1/feature-flags/index.json`, a flag `….json`. */
export function fileOf(urlPath: string): string {
  const file = urlPath.slice(1);
  if (file.endsWith(".json")) return file;
  return file.endsWith("/") ? `${file}index.json` : `${file}.json`;
}

/** The URL's path of the response that stands in `file`, relative to the directory. */
export function pathOfFile(file: string): string {
  const [, folder, name] = /^((?:.*\/)?v1\/feature-flags\/)(.*)\.json$/.exec(file) ?? [];
  if (folder === undefined) return `/${file}`;
  return `/${folder}${name === "index" ? "" : name}`;
}

/** The manifest of the whole release in `directory`; nothing where there is none. */
export function readManifest(directory: string): Manifest | undefined {
  try {
    return parseManifest(readFileSync(manifestOf(directory), "utf8"));
  } catch {
    return undefined;
  }
}

/** Every folder that `files` stand in, and those around it. */
export function foldersOf(files: readonly string[]): ReadonlySet<string> {
  const folders = new Set(files.map((file) => file.slice(0, file.lastIndexOf("/"))));
  for (const folder of folders) {
    const around = folder.slice(0, Math.max(0, folder.lastIndexOf("/")));
    if (around !== "") folders.add(around);
  }
  return folders;
}

/** Where the manifest stands. */
export function manifestOf(directory: string): string {
  return `${directory}/manifest.json`;
}

/** A directory that has one is a whole release, or somebody else's. */
export function hasManifest(directory: string): boolean {
  return existsSync(manifestOf(directory));
}
