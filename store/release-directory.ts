/**
 * A directory that holds one whole release at any time, whoever is interrupted while writing it.
 *
 * The next release is put together beside it and renamed into its place. The one it replaces stays
 * behind, hidden, and is brought to the release after that: most files are there already.
 */
import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, renameSync } from "node:fs";
import path from "node:path";
import type { Release } from "../schema/release.ts";
import { discard, fill, readManifest } from "./release-files.ts";

/** Makes `directory` hold `release`, and returns how many files had to be written for it. */
export function writeRelease(directory: string, release: Release): number {
  try {
    refuseForeign(directory);
    return new Place(follow(path.resolve(directory))).bringTo(release);
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

  bringTo(release: Release): number {
    this.#recover();
    try {
      const { written, next } = this.#prepare(release);
      this.#replaceBy(next);
      return written;
    } catch (error) {
      this.#giveUp();
      throw error;
    }
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

  /** Brings the hidden directory to `release`; a new one where there is none, or another process has it. */
  #prepare(release: Release): { written: number; next: string } {
    const next = this.#own("next");
    mkdirSync(this.#parent, { recursive: true });
    move(this.#path("spare"), next);
    return { written: fill(next, release), next };
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
    if (!move(last, this.#path("spare"))) discard(last);
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

/** Nothing where that is not there, or no longer. */
function find<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
