import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import path from "node:path";
import { hasManifest, readManifest } from "./release-files.ts";
import { discard } from "./release-writer.ts";

/** A directory and what is beside it: under names of its own for each process, so that two at once cannot meet. */
export class AtomicDirectory {
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
