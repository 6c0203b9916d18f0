/** How a directory is brought to a release: the manifest goes first and comes back last. */
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { ManifestLines } from "../../schema/compile/manifest-text.ts";
import type { Patch } from "../../schema/compile/patch.ts";
import { formatManifest, type Release, type Response } from "../../schema/compile/release.ts";
import { fileOf, foldersOf, manifestOf } from "./release-files.ts";
import { leftAlone, look } from "./standing-files.ts";
import { Twin } from "./twin.ts";

/**
 * Makes `directory` hold `release` and nothing else, and returns how many files it wrote. What
 * stands there already with the right bytes is left alone.
 */
export function fill(directory: string, release: Release): number {
  const files = release.responses.map(({ path }) => fileOf(path));
  const standing = look(directory, foldersOf(files));
  if (!standing) return fillAnew(directory, release);
  const manifest = formatManifest(release);
  const isLeft = leftAlone(standing, new ManifestLines(manifest).all);
  const written = release.responses.filter(
    ({ length }, index) => !isLeft(index, files[index] ?? "", length),
  );
  bring(directory, manifest, written, standing.sizes.keys());
  return written.length;
}

/** Likewise, with nothing to begin with; `twin`, if one is wanted, becomes the same unless there are no links. */
export function fillAnew(directory: string, release: Release, twin?: string): number {
  rmSync(directory, { recursive: true, force: true });
  const files = release.responses.map(({ path }) => fileOf(path));
  for (const folder of foldersOf(files)) {
    for (const place of twin === undefined ? [directory] : [directory, twin]) {
      mkdirSync(`${place}/${folder}`, { recursive: true });
    }
  }
  const other = twin === undefined ? undefined : new Twin(directory, twin, files.length);
  const write = writer(directory);
  for (let start = 0; start < files.length; start += batch) {
    for (const response of release.responses.slice(start, start + batch)) write(response);
    other?.add(files.slice(start, start + batch));
  }
  const manifest = formatManifest(release);
  if (twin !== undefined && other?.end()) writeFileSync(manifestOf(twin), manifest);
  writeFileSync(manifestOf(directory), manifest);
  return files.length;
}

/** So many files are written before the twin is told of them. */
const batch = 500;

/** Makes the release in `directory` the next one. */
export function applyPatch(
  directory: string,
  { manifest, written, gone }: Pick<Patch, "manifest" | "written" | "gone">,
): void {
  const files = [...gone, ...written.map(({ path }) => path)].map(fileOf);
  bring(directory, manifest, written, files);
}

/**
 * The manifest goes first and comes back last: a directory that has one is whole. A file that
 * someone still reads is left to them, never written over.
 */
function bring(
  directory: string,
  manifest: string,
  written: readonly Response[],
  removed: Iterable<string>,
): void {
  rmSync(manifestOf(directory));
  for (const file of removed) rmSync(`${directory}/${file}`, { force: true });
  const write = writer(directory);
  for (const response of written) write(response);
  writeFileSync(manifestOf(directory), manifest);
}

/**
 * Writes files below `directory`. Most flags are the same in several environments: a link to the
 * file that was just written takes a third of the time of another one.
 */
function writer(directory: string): (response: Response) => void {
  const written = new Map<string, string>();
  return ({ path, body, sha256 }) => {
    const place = `${directory}/${fileOf(path)}`;
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
