import { createHash, randomUUID } from "node:crypto";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { maxDefinitionsBytes, type SourceText } from "./source.ts";

/** Of the file's format. A file of another version is ignored. */
const format = 1;

/**
 * Keeps the last good document on disk, so that a program starts with it if the source cannot be reached.
 * A damaged copy, and one of another source, is ignored.
 */
export class StoredCopy {
  readonly #file: string;
  readonly #source: string;
  #hasWarned = false;

  /** `source` is the name of the source that the copy is of. */
  constructor(file: string, source: string) {
    this.#file = file;
    this.#source = source;
  }

  async read(): Promise<SourceText | undefined> {
    try {
      const found = await stat(this.#file);
      // In JSON, each character of the document may be escaped.
      if (!found.isFile() || found.size > 2 * maxDefinitionsBytes) return undefined;
      const copy = Object(JSON.parse(await readFile(this.#file, "utf8")));
      const { text, version } = copy;
      const isOwn = copy.format === format && copy.source === this.#source;
      const isWhole = typeof text === "string" && copy.sha256 === hashOf(text);
      return isOwn && isWhole ? { text, version: String(version) } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Replaces the copy in one step. If that fails, the console says so once. */
  async write({ text, version }: SourceText): Promise<void> {
    const draft = `${this.#file}.${randomUUID()}.tmp`;
    const copy = { format, source: this.#source, version, sha256: hashOf(text), text };
    try {
      // A copy may have private flags, so others may not read it.
      const handle = await open(draft, "wx", 0o600);
      try {
        await handle.writeFile(JSON.stringify(copy));
        // Without it, the name can be on disk before the content.
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(draft, this.#file);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {});
      this.#warn(`Cannot store flags in "${this.#file}": ${(error as Error).message}`);
    }
  }

  #warn(message: string): void {
    if (!this.#hasWarned) console.warn(message);
    this.#hasWarned = true;
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
