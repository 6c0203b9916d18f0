/**
 * A directory that holds one whole release at any time, whoever is interrupted while writing it.
 *
 * The next release is put together beside it and renamed into its place. The one it replaces stays
 * behind, hidden, and is brought to the release after that: most files are there already.
 */
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import path from "node:path";
import type { Release } from "../../schema/compile/release.ts";
import { AtomicDirectory } from "./atomic-directory.ts";
import { find } from "./find.ts";
import { hasManifest, readManifest } from "./release-files.ts";
import { fill, fillAnew } from "./release-writer.ts";

/**
 * Makes `directory` hold `release`, and returns how many files had to be written for it. Each
 * directory that has become whole is told, before it is moved to its place.
 */
export function writeRelease(
  directory: string,
  release: Release,
  onWhole = (_whole: string) => {},
): number {
  return inPlace(directory, (place) => {
    refuseForeign(directory);
    let written = 0;
    place.bringTo((next, twin) => {
      written = twin ? fillAnew(next, release, twin) : fill(next, release);
      for (const made of [next, twin]) if (made && hasManifest(made)) onWhole(made);
      return true;
    });
    return written;
  });
}

/** The hidden release beside `directory`, with which the next build begins. */
export function spareOf(directory: string): string {
  return inPlace(directory, (place) => place.spare);
}

/**
 * Makes `directory`, which holds a release, hold what `change` makes of the hidden one; false where
 * that declines, before it has changed anything.
 */
export function changeRelease(directory: string, change: (next: string) => boolean): boolean {
  return inPlace(directory, (place) => place.bringTo(change));
}

function inPlace<T>(directory: string, work: (place: AtomicDirectory) => T): T {
  try {
    return work(new AtomicDirectory(follow(path.resolve(directory))));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot build into "${directory}": ${why}`, { cause: error });
  }
}

/**
 * Throws where `directory` holds what no build made. Another build may be exchanging it just now:
 * only what stood there before and after the look was seen.
 */
function refuseForeign(directory: string): void {
  for (;;) {
    const before = identify(directory);
    if (before === undefined || isOurs(directory)) return;
    if (identify(directory) !== before) continue;
    throw new Error("it holds other files; wanted a new or empty one, or one that a build made");
  }
}

function isOurs(directory: string): boolean {
  return readManifest(directory) !== undefined || find(() => readdirSync(directory))?.length === 0;
}

/** Which directory stands at a place: a rename changes the time. */
function identify(directory: string): string | undefined {
  const stat = find(() => lstatSync(follow(path.resolve(directory))));
  return stat && `${stat.dev} ${stat.ino} ${stat.ctimeMs}`;
}

/** Where a link leads, whether or not anything is there. */
function follow(place: string): string {
  const isLink = lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink();
  return isLink ? follow(path.resolve(path.dirname(place), readlinkSync(place))) : place;
}
