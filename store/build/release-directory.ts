/**
 * A directory that holds one whole release at any time, whoever is interrupted while writing it.
 *
 * The next release is put together beside it and renamed into its place. The one it replaces stays
 * behind, hidden, and is brought to the release after that: most files are there already.
 */
import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync } from "node:fs";
import path from "node:path";
import type { Release } from "../../schema/release.ts";
import { find } from "./find.ts";
import { hasManifest, readManifest } from "./release-files.ts";
import { discard, fill, fillAnew } from "./release-writer.ts";

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

function inPlace<T>(directory: string, work: (place: Place) => T): T {
  try {
    return work(new Place(follow(path.resolve(directory))));
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

/** A directory and what is beside it: under names of its own for each process, so that two at once cannot meet. */
class Place {
  readonly #directory: string;
  readonly #parent: string;
  readonly #prefix: string;
  readonly #process = `${process.pid}-${randomUUID()}`;

  constructor(directory: string) {
    this.#directory = directory;
    this.#parent = path.dirname(directory);
    this.#prefix = `.${path.basename(directory)}.`;
  }

  get spare(): string {
    return this.#path("spare");
  }

  /**
   * Puts into its place what `make` makes of the hidden directory, which is missing where another
   * process has it. Where no release stands there yet, the next hidden one is made as well.
   */
  bringTo(make: (next: string, twin?: string) => boolean): boolean {
    this.#recover();
    try {
      const next = this.#own("next");
      mkdirSync(this.#parent, { recursive: true });
      move(this.spare, next);
      const twin = hasManifest(this.#directory) ? undefined : `${next}-twin`;
      const isMade = make(next, twin);
      if (isMade) this.#replaceBy(next);
      else this.#keep(next);
      if (twin) this.#keep(twin);
      return isMade;
    } catch (error) {
      this.#giveUp();
      throw error;
    }
  }

  /** As the hidden one, if it is whole and there is none. */
  #keep(left: string): void {
    if (!hasManifest(left) || !move(left, this.spare)) discard(left);
  }

  /** As if this process had been killed. Where that fails too, the next one does it. */
  #giveUp(): void {
    try {
      this.#recover();
    } catch {
      // What went wrong before says more.
    }
  }

  /** Puts back what a process that was killed had just moved away, and clears up after it. */
  #recover(): void {
    if (!existsSync(this.#parent)) return;
    for (const name of readdirSync(this.#parent)) {
      const [, kind, pid] = /^(next|last)-(\d+)-/.exec(this.#suffix(name)) ?? [];
      if (kind === undefined || isAtWork(Number(pid))) continue;
      const left = path.join(this.#parent, name);
      const isMissed = kind === "last" && !existsSync(this.#directory) && readManifest(left);
      if (!isMissed || !move(left, this.#directory)) discard(left);
    }
  }

  /** From one whole release to the other: a reader between the two renames finds none, for microseconds. */
  #replaceBy(next: string): void {
    const last = this.#own("last");
    for (;;) {
      move(this.#directory, last);
      if (move(next, this.#directory)) break;
      if (!existsSync(next)) throw new Error(`another process removed "${next}"`);
      // Another process was faster: its release is replaced in turn.
      discard(last);
    }
    this.#keep(last);
  }

  #own(kind: "next" | "last"): string {
    return this.#path(`${kind}-${this.#process}`);
  }

  #path(suffix: string): string {
    return path.join(this.#parent, this.#prefix + suffix);
  }

  #suffix(name: string): string {
    return name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : "";
  }
}

/** Renames a directory; false where it is not there, or something else stands at `to`. */
function move(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (["ENOENT", "ENOTEMPTY", "EEXIST"].includes(code)) return false;
    throw error;
  }
}

/** Whether another process with this id is at work; a namesake of this one died. */
function isAtWork(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
