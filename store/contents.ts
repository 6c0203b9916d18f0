import type { Content } from "../schema/content.ts";
import type { Cache } from "./cache.ts";

/** Beyond this many that are no longer in use, contents are forgotten. */
const spare = 20_000;

/** The content of each blob once read: the same bytes are not parsed twice, in this process or the next. */
export class Contents {
  readonly #cache: Cache;
  readonly #used = new Set<string>();
  #known: Map<string, Content> | undefined;
  #changed = false;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  get(object: string): Content | undefined {
    this.#used.add(object);
    this.#known ??= new Map((this.#cache.read("contents") as [string, Content][]) ?? []);
    return this.#known.get(object);
  }

  set(object: string, content: Content): void {
    this.#known?.set(object, content);
    this.#changed = true;
  }

  /** Hands what is new to the next process. */
  save(): void {
    if (!this.#changed || !this.#known) return;
    if (this.#known.size > this.#used.size + spare) {
      this.#known = new Map([...this.#known].filter(([object]) => this.#used.has(object)));
    }
    this.#cache.write("contents", [...this.#known]);
    this.#changed = false;
  }
}
