/** The files of a release in a directory: which there are, and how a directory is brought to one. */
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import {
  formatManifest,
  type Manifest,
  manifestLines,
  parseManifest,
  type Release,
  type Response,
} from "../schema/release.ts";

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
  const manifest = formatManifest(release);
  const files = release.responses.map(({ path }) => fileOf(path));
  const folders = foldersOf(files);
  const standing = look(directory, folders);
  if (standing) rmSync(manifestOf(directory));
  else {
    rmSync(directory, { recursive: true, force: true });
    for (const folder of ["", ...folders]) mkdirSync(`${directory}/${folder}`, { recursive: true });
  }
  const isLeft = standing ? leftAlone(standing, manifestLines(manifest)) : () => false;

  let written = 0;
  const write = writer(directory);
  for (const [index, response] of release.responses.entries()) {
    const file = files[index] ?? "";
    if (isLeft(index, file, response.length)) continue;
    // A file that someone still reads is left to them, never written over.
    if (standing?.sizes.delete(file)) rmSync(`${directory}/${file}`);
    write(file, response);
    written += 1;
  }
  for (const file of standing?.sizes.keys() ?? []) rmSync(`${directory}/${file}`);
  writeFileSync(manifestOf(directory), manifest);
  return written;
}

/** Tells of each file whether the right bytes stand there already. */
function leftAlone({ lines, sizes }: Standing, wanted: readonly string[]) {
  return (index: number, file: string, length: number): boolean =>
    lines.has(wanted[index] ?? "") && sizes.get(file) === length && sizes.delete(file);
}

/**
 * Writes files below `directory`. Most flags are the same in several environments: a link to the
 * file that was just written takes a third of the time of another one.
 */
function writer(directory: string): (file: string, response: Response) => void {
  const written = new Map<string, string>();
  return (file, { body, sha256 }) => {
    const place = `${directory}/${file}`;
    const same = written.get(sha256);
    if (same !== undefined && link(same, place)) return;
    writeFileSync(place, body);
    written.set(sha256, place);
  };
}

/** False where the file system knows no links, or no more of them to one file. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (linkless.has((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

const linkless = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"]);

/** Empties and removes `directory`. The manifest goes first: a rest of a release never looks whole. */
export function discard(directory: string): void {
  rmSync(manifestOf(directory), { force: true });
  rmSync(directory, { recursive: true, force: true });
}

interface Standing {
  /** Of the manifest: a response that has the same line has the same bytes. */
  readonly lines: ReadonlySet<string>;
  /** In bytes, of each file but the manifest. */
  readonly sizes: Map<string, number>;
}

/**
 * The release in `directory`. Nothing where anybody added, changed, moved or removed anything since
 * its manifest was written, or where its folders are not `folders`: rare enough to begin anew.
 */
function look(directory: string, folders: ReadonlySet<string>): Standing | undefined {
  const found = lstatSync(manifestOf(directory), { throwIfNoEntry: false });
  if (!found?.isFile()) return undefined;
  const lines = new Set(manifestLines(readFileSync(manifestOf(directory), "utf8")));
  const sizes = new Map<string, number>();
  const unread = [""];
  let seen = 0;
  for (let folder = unread.pop(); folder !== undefined; folder = unread.pop()) {
    for (const entry of readdirSync(`${directory}/${folder}`, { withFileTypes: true })) {
      const name = folder + entry.name;
      if (name === "manifest.json") continue;
      const { ctimeMs, size } = lstatSync(`${directory}/${name}`);
      if (ctimeMs > found.ctimeMs) return undefined;
      if (!entry.isDirectory()) sizes.set(name, size);
      else if (folders.has(name)) seen = unread.push(`${name}/`) && seen + 1;
      else return undefined;
    }
  }
  return seen === folders.size && sizes.size === lines.size ? { lines, sizes } : undefined;
}

/** Every folder that `files` stand in, and those around it. */
function foldersOf(files: readonly string[]): ReadonlySet<string> {
  const folders = new Set(files.map((file) => file.slice(0, file.lastIndexOf("/"))));
  for (const folder of folders) {
    const around = folder.slice(0, Math.max(0, folder.lastIndexOf("/")));
    if (around !== "") folders.add(around);
  }
  return folders;
}

function manifestOf(directory: string): string {
  return `${directory}/manifest.json`;
}
