/**
 * What was once read from git, kept beside the objects it was read from, so that it is not read again.
 *
 * A cache may be deleted at any time. It is believed only when it is whole and was written by
 * this version of the language; it is replaced in one rename, so two processes cannot mix theirs.
 */
import { createHash, hash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { makeDirectory } from "../files/make-directory.ts";

export class Cache {
  readonly #directory: string;

  /** `gitDirectory` is where git keeps its own files; the cache is a folder of its own in there. */
  constructor(gitDirectory: string) {
    this.#directory = path.join(gitDirectory, "bunting");
  }

  /** What `write` was last given under `name`; nothing where that is missing, damaged or of another version. */
  read(name: string): unknown {
    try {
      const bytes = readFileSync(this.#file(name));
      const body = bytes.subarray(bytes.indexOf("\n") + 1);
      const isWhole = bytes.toString("latin1", 0, bytes.length - body.length) === head(body);
      return isWhole ? JSON.parse(body.toString()) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps `value` under `name`. Where it cannot (a full or read-only disk), the next run reads more: no harm. */
  write(name: string, value: unknown): void {
    const body = JSON.stringify(value);
    const temporary = this.#file(`${name}-${randomUUID()}`);
    try {
      makeDirectory(this.#directory);
      writeFileSync(temporary, head(body) + body);
      renameSync(temporary, this.#file(name));
    } catch {
      remove(temporary);
    }
  }

  #file(name: string): string {
    return path.join(this.#directory, `${name}.json`);
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It lies where nothing can be written, so it was never there.
  }
}

/** Before the body stands a line that says by whom it was written, and that it is whole. */
function head(body: Uint8Array | string): string {
  return `${language()} ${hash("sha256", body)}\n`;
}

let languageHash: string | undefined;

/**
 * Changes whenever any source of the language does, a library that it rests on, or Node with its
 * Unicode tables: what was judged by other rules is not believed.
 */
function language(): string {
  if (languageHash === undefined) {
    const digest = createHash("sha256").update(process.version);
    digest.update(readFileSync(new URL("../../package-lock.json", import.meta.url)));
    for (const room of ["../../schema/", "../"]) {
      const directory = fileURLToPath(new URL(room, import.meta.url));
      const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
      const sources = files.filter((file) => /\.(ts|mjs|json)$/.test(file)).sort();
      for (const file of sources) digest.update(readFileSync(path.join(directory, file)));
    }
    languageHash = digest.digest("hex");
  }
  return languageHash;
}
