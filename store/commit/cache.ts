/**
 * A cache of values that were computed from git objects, in the folder of the clone.
 *
 * A cache may be deleted at any time. It is used only if it is whole and was written by the same
 * build of the program. It is replaced by one rename, so two processes cannot mix theirs.
 */
import { hash, randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { makeDirectory } from "../files/make-directory.ts";
import { buildId } from "./build-id.ts";

export class Cache {
  readonly #directory: string;
  readonly #writer: string;

  /**
   * `gitDirectory` is where git keeps its own files; the cache is a folder in it. `writer` names the
   * rules by which values are made: values of another writer are not used.
   */
  constructor(gitDirectory: string, writer = buildId) {
    this.#directory = path.join(gitDirectory, "bunting");
    this.#writer = writer;
  }

  /** The last value that was written under `name`; `undefined` if it is missing, damaged or of another writer. */
  read(name: string): unknown {
    try {
      const bytes = readFileSync(this.#file(name));
      const body = bytes.subarray(bytes.indexOf("\n") + 1);
      const isWhole = bytes.toString("latin1", 0, bytes.length - body.length) === this.#head(body);
      return isWhole ? JSON.parse(body.toString()) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps `value` under `name`. If that fails (a full or read-only disk), the next process reads more. */
  write(name: string, value: unknown): void {
    const body = JSON.stringify(value);
    const temporary = this.#file(`${name}-${randomUUID()}`);
    try {
      makeDirectory(this.#directory);
      writeFileSync(temporary, this.#head(body) + body);
      renameSync(temporary, this.#file(name));
    } catch {
      remove(temporary);
    }
  }

  /** The first line of a file: who wrote it, and that its body is whole. */
  #head(body: Uint8Array | string): string {
    return `${hash("sha256", this.#writer)} ${hash("sha256", body)}\n`;
  }

  #file(name: string): string {
    return path.join(this.#directory, `${name}.json`);
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The directory cannot be written, so there is no file.
  }
}
