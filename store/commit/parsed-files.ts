import type { ParsedFile } from "../../schema/file/parsed-file.ts";
import type { Cache } from "./cache.ts";

/** Unused contents that are kept, in addition to as many as are in use. */
const maxSpare = 1_000;

export interface KnownFile {
  readonly content: ParsedFile;
  /** Bytes that were read. */
  readonly size: number;
}

/**
 * The parsed content of each blob: the same bytes are not parsed twice, in this process or the next.
 * It is bounded by what the last commit uses, which a cache of a fixed size cannot be: that would be
 * too small for large repositories, or too large for small ones.
 */
export class ParsedFiles {
  readonly #cache: Cache;
  /** Contents that were requested since the last `save()`. */
  #used = new Set<string>();
  #known: Map<string, KnownFile> | undefined;
  #changed = false;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  get(object: string): KnownFile | undefined {
    this.#used.add(object);
    this.#known ??= new Map((this.#cache.read("contents") as [string, KnownFile][]) ?? []);
    return this.#known.get(object);
  }

  set(object: string, file: KnownFile): void {
    this.#known?.set(object, file);
    this.#changed = true;
  }

  /**
   * Writes new contents to the cache and removes unused ones. Call it after all contents of a commit
   * were requested.
   */
  save(): void {
    const used = this.#used;
    this.#used = new Set();
    if (!this.#changed || !this.#known) return;
    if (this.#known.size > 2 * used.size + maxSpare) {
      this.#known = new Map([...this.#known].filter(([object]) => used.has(object)));
    }
    this.#cache.write("contents", [...this.#known]);
    this.#changed = false;
  }
}
