/** Writes a release into a directory, which holds one whole release at any time. */
import { lstatSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { formatManifest } from "../../schema/compile/manifest.ts";
import type { Release } from "../../schema/compile/release.ts";
import { fileOf } from "../../schema/compile/urls.ts";
import { ifExists } from "../files/if-exists.ts";
import { tryLink } from "../files/try-link.ts";
import { AtomicDirectory } from "./atomic-directory.ts";
import { manifestFile, readManifest } from "./release-files.ts";

/**
 * Replaces the content of `directory` by `release`. The new directory is written beside it and
 * renamed. Throws if `directory` holds files that no build wrote, or on an error of the file system.
 */
export function writeRelease(directory: string, release: Release): void {
  try {
    const resolved = followLinks(path.resolve(directory));
    refuseForeign(resolved);
    new AtomicDirectory(resolved).replace((next) => writeFiles(next, release));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot build into "${directory}": ${reason}`, { cause: error });
  }
}

/**
 * Writes the files of a release into the empty `directory`, the manifest last. Most flags are the
 * same in several environments, and a hard link takes a third of the time of another file.
 */
function writeFiles(directory: string, release: Release): void {
  const files = release.responses.map(({ path }) => fileOf(path));
  for (const folder of new Set(files.map((file) => path.dirname(file)))) {
    mkdirSync(path.join(directory, folder), { recursive: true });
  }
  const written = new Map<string, string>();
  for (const [index, { body, sha256 }] of release.responses.entries()) {
    const file = `${directory}/${files[index]}`;
    const same = written.get(sha256);
    if (same !== undefined && tryLink(same, file)) continue;
    writeFileSync(file, body);
    written.set(sha256, file);
  }
  writeFileSync(manifestFile(directory), formatManifest(release));
}

/**
 * Throws if `directory` holds files that no build wrote. Another build may replace the directory
 * during the check, so the result counts only if the directory is the same before and after.
 */
function refuseForeign(directory: string): void {
  for (;;) {
    const before = identify(directory);
    if (before === undefined || mayReplace(directory)) return;
    if (identify(directory) !== before) continue;
    throw new Error("it holds other files; wanted a new or empty one, or one that a build made");
  }
}

function mayReplace(directory: string): boolean {
  return (
    readManifest(directory) !== undefined || ifExists(() => readdirSync(directory))?.length === 0
  );
}

/** Identifies a directory; a rename changes its ctime. */
function identify(directory: string): string | undefined {
  const stat = ifExists(() => lstatSync(directory));
  return stat && `${stat.dev} ${stat.ino} ${stat.ctimeMs}`;
}

/** Resolves symbolic links, even to a target that does not exist yet. */
function followLinks(file: string): string {
  const isLink = lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink();
  return isLink ? followLinks(path.resolve(path.dirname(file), readlinkSync(file))) : file;
}
