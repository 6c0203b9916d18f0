import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { makeDirectory } from "../files/make-directory.ts";
import { isRunning } from "../locks/lock-file.ts";
import { manifestFile, readManifest } from "./release-files.ts";

/**
 * A directory that is replaced as a whole, by two renames. The new content and the old one have
 * names beside it that contain the process id and a UUID, so concurrent builds do not collide.
 */
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

  /** Replaces the directory by what `write` writes into an empty one. If that fails, nothing changes. */
  replace(write: (next: string) => void): void {
    this.#recover();
    try {
      const next = this.#own("next");
      makeDirectory(this.#parent);
      mkdirSync(next);
      write(next);
      this.#replaceBy(next);
    } catch (error) {
      this.#discard();
      throw error;
    }
  }

  /** Restores what this process moved. If that fails too, the next build does it. */
  #discard(): void {
    try {
      this.#recover();
    } catch {
      // The first error is more useful.
    }
  }

  /** Restores the release that a killed build had just moved away, and removes its other files. */
  #recover(): void {
    if (!existsSync(this.#parent)) return;
    for (const name of readdirSync(this.#parent)) {
      const [, kind, pid] = /^(next|last)-(\d+)-/.exec(this.#suffix(name)) ?? [];
      if (kind === undefined) continue;
      // Builds are synchronous, so our own id belonged to a dead process.
      if (Number(pid) !== process.pid && isRunning(Number(pid))) continue;
      const left = path.join(this.#parent, name);
      const isMissed = kind === "last" && !existsSync(this.#directory) && readManifest(left);
      if (!isMissed || !move(left, this.#directory)) remove(left);
    }
  }

  /** A reader between the two renames finds no directory, for microseconds. */
  #replaceBy(next: string): void {
    const last = this.#own("last");
    for (;;) {
      move(this.#directory, last);
      if (move(next, this.#directory)) break;
      if (!existsSync(next)) throw new Error(`another process removed "${next}"`);
      // Another build put its release there first. This one replaces that release in turn.
      remove(last);
    }
    remove(last);
  }

  #own(kind: "next" | "last"): string {
    return path.join(this.#parent, `${this.#prefix}${kind}-${this.#process}`);
  }

  #suffix(name: string): string {
    return name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : "";
  }
}

/** Renames a directory. Returns false if it does not exist, or if `to` is taken. */
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

/** Removes a directory, its manifest first: a partial release never has one. */
function remove(directory: string): void {
  rmSync(manifestFile(directory), { force: true });
  rmSync(directory, { recursive: true, force: true });
}
