/** The files of a release in a directory: which there are, and how a directory is brought to one. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
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
  const files = release.responses.map(({ path, md5, body }) => ({ file: fileOf(path), md5, body }));
  const folders = foldersOf(files.map(({ file }) => file));
  const standing = standingFiles(directory, folders);
  if (standing) rmSync(manifestOf(directory));
  else {
    rmSync(directory, { recursive: true, force: true });
    for (const folder of ["", ...folders]) mkdirSync(`${directory}/${folder}`, { recursive: true });
  }

  const due = files.filter(({ file, md5 }) => standing?.get(file) !== md5);
  for (const { file, body } of due) {
    // A file that someone still reads is left to them, never written over.
    if (standing) rmSync(`${directory}/${file}`, { force: true });
    writeFileSync(`${directory}/${file}`, body);
  }
  for (const { file } of files) standing?.delete(file);
  for (const file of standing?.keys() ?? []) rmSync(`${directory}/${file}`);
  writeFileSync(manifestOf(directory), formatManifest(release));
  return due.length;
}

/** Empties and removes `directory`. The manifest goes first: a rest of a release never looks whole. */
export function discard(directory: string): void {
  rmSync(manifestOf(directory), { force: true });
  rmSync(directory, { recursive: true, force: true });
}

/**
 * MD5 by file, of the release in `directory`. Nothing where anybody added, changed, moved or removed
 * anything since its manifest was written, or where its folders are not `folders`: rare enough to
 * begin anew.
 */
function standingFiles(directory: string, folders: Set<string>): Map<string, string> | undefined {
  const manifest = readManifest(directory);
  if (!manifest) return undefined;
  const standing = new Map(manifest.responses.map(({ path, md5 }) => [fileOf(path), md5]));
  const lengths = new Map(manifest.responses.map(({ path, length }) => [fileOf(path), length]));
  const { ctimeMs: whole } = lstatSync(manifestOf(directory));

  let [files, others] = [0, 0];
  for (const { name, isFolder } of walk(directory, "")) {
    if (name === "manifest.json") continue;
    const { ctimeMs, size } = lstatSync(`${directory}/${name}`);
    if (ctimeMs > whole) return undefined;
    if (isFolder ? !folders.has(name) : lengths.get(name) !== size) return undefined;
    if (isFolder) others += 1;
    else files += 1;
  }
  return files === standing.size && others === folders.size ? standing : undefined;
}

/** Everything in `folder`, by its name below `directory`; nothing is followed. */
function* walk(directory: string, folder: string): Generator<{ name: string; isFolder: boolean }> {
  for (const entry of readdirSync(`${directory}/${folder}`, { withFileTypes: true })) {
    const name = folder + entry.name;
    const isFolder = entry.isDirectory();
    yield { name, isFolder };
    if (isFolder) yield* walk(directory, `${name}/`);
  }
}

/** Every folder that `files` stand in, and those around it. */
function foldersOf(files: readonly string[]): Set<string> {
  const folders = new Set<string>();
  for (const file of files) {
    for (let at = path.posix.dirname(file); at !== "." && !folders.has(at); ) {
      folders.add(at);
      at = path.posix.dirname(at);
    }
  }
  return folders;
}

function manifestOf(directory: string): string {
  return `${directory}/manifest.json`;
}
