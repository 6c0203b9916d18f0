import type { ParsedFile } from "../../schema/file/parsed-file.ts";
import type { Cache } from "./cache.ts";

/** So many that are no longer in use are kept, and as many as are, before all of them are forgotten. */
const spare = 1_000;

/** The content of each blob once read: the same bytes are not parsed twice, in this process or the next. */
export class ParsedFiles {
  readonly #cache: Cache;
  /** What was asked for since the last `save()`. */
  #used = new Set<string>();
  #known: Map<string, ParsedFile> | undefined;
  #changed = false;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  get(object: string): ParsedFile | undefined {
    this.#used.add(object);
    this.#known ??= new Map((this.#cache.read("contents") as [string, ParsedFile][]) ?? []);
    return this.#known.get(object);
  }

  set(object: string, content: ParsedFile): void {
    this.#known?.set(object, content);
    this.#changed = true;
  }

  /**
   * Hands what is new to the next process. Comes after all contents of a commit were asked for: a
   * server that reads each new one would keep every text that a flag ever had.
   */
  save(): void {
    const used = this.#used;
    this.#used = new Set();
    if (!this.#changed || !this.#known) return;
    if (this.#known.size > 2 * used.size + spare) {
      this.#known = new Map([...this.#known].filter(([object]) => used.has(object)));
    }
    this.#cache.write("contents", [...this.#known]);
    this.#changed = false;
  }
}
