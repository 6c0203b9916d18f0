/**
 * A directory that holds one whole release at any time, whoever is interrupted while writing it.
 *
 * The next release is put together beside it and renamed into its place. The one it replaces stays
 * behind, hidden, and is brought to the release after that: most files are there already.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import type { Release } from "../schema/release.ts";
import { fill, readManifest } from "./release-files.ts";

/** Makes `directory` hold `release`, and returns how many files had to be written for it. */
export function writeRelease(directory: string, release: Release): number {
  const place = new Place(path.resolve(directory));
  place.recover();
  const { written, next } = place.prepare(release);
  place.replaceBy(next);
  return written;
}

/** The names beside the directory: its own for each process, so that two at once cannot meet. */
class Place {
  readonly #directory: string;
  readonly #parent: string;
  readonly #prefix: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#parent = path.dirname(directory);
    this.#prefix = `.${path.basename(directory)}.`;
    if (existsSync(directory) && !readManifest(directory) && readdirSync(directory).length > 0) {
      const wanted = "wanted a new or empty one, or one that a build made";
      throw new Error(`Cannot build into "${directory}": it holds other files; ${wanted}`);
    }
  }

  /** Puts back what a process that was killed had just moved away, and clears up after it. */
  recover(): void {
    if (!existsSync(this.#parent)) return;
    for (const name of readdirSync(this.#parent)) {
      const [, kind, pid] = /^(next|last)-(\d+)$/.exec(this.#suffix(name)) ?? [];
      if (kind === undefined || isRunning(Number(pid))) continue;
      const left = path.join(this.#parent, name);
      if (kind === "last" && !existsSync(this.#directory)) renameSync(left, this.#directory);
      else rmSync(left, { recursive: true, force: true });
    }
  }

  /** Brings the hidden directory to `release`; a new one where there is none, or another process has it. */
  prepare(release: Release): { written: number; next: string } {
    const next = this.#own("next");
    mkdirSync(this.#parent, { recursive: true });
    move(this.#path("spare"), next);
    return { written: fill(next, release), next };
  }

  /** From one whole release to the other: a reader between the two renames finds none, for microseconds. */
  replaceBy(next: string): void {
    const last = this.#own("last");
    for (;;) {
      move(this.#directory, last);
      if (move(next, this.#directory)) break;
      // Another process was faster: its release is replaced in turn.
      rmSync(last, { recursive: true, force: true });
    }
    if (!move(last, this.#path("spare"))) rmSync(last, { recursive: true, force: true });
  }

  #own(kind: "next" | "last"): string {
    return this.#path(`${kind}-${process.pid}`);
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

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
