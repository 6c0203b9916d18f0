/** The files of a release in a directory: which there are, and how a directory is brought to one. */
import { lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { formatManifest, type Manifest, parseManifest, type Release } from "../schema/release.ts";

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

/**
 * Makes `directory` hold `release` and nothing else, and returns how many files it wrote. What
 * stands there already with the right bytes is left alone. The manifest goes first and comes back
 * last: a directory that has one is whole.
 */
export function fill(directory: string, release: Release): number {
  const standing = standingFiles(directory);
  if (standing) rmSync(manifestOf(directory));
  else rmSync(directory, { recursive: true, force: true });

  const due = release.responses.filter(({ path, md5 }) => {
    const stands = standing?.get(path) === md5;
    standing?.delete(path);
    return !stands;
  });
  const files = due.map(({ path, body }) => ({ file: `${directory}/${fileOf(path)}`, body }));
  const folders = new Set(files.map(({ file }) => file.slice(0, file.lastIndexOf("/"))));
  for (const folder of [directory, ...folders]) mkdirSync(folder, { recursive: true });
  for (const { file, body } of files) writeFileSync(file, body);
  for (const path of standing?.keys() ?? []) {
    rmSync(`${directory}/${fileOf(path)}`, { recursive: true, force: true });
  }
  writeFileSync(manifestOf(directory), formatManifest(release));
  return due.length;
}

/** MD5 by path of URL, of the files that nobody touched since the manifest was written. */
function standingFiles(directory: string): Map<string, string> | undefined {
  const manifest = readManifest(directory);
  if (!manifest) return undefined;
  const { ctimeMs: whole } = lstatSync(manifestOf(directory));
  const standing = new Map<string, string>();
  for (const { path, md5 } of manifest.responses) {
    const stat = lstatSync(`${directory}/${fileOf(path)}`, { throwIfNoEntry: false });
    standing.set(path, stat && stat.ctimeMs <= whole ? md5 : "touched");
  }
  return standing;
}

function manifestOf(directory: string): string {
  return `${directory}/manifest.json`;
}
