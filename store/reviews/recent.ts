/** A cache of answers. Callers that ask for the same key at once share one look-up. */
export class Recent<K, V> {
  /** The oldest first. */
  readonly #known = new Map<K, { readonly answer: Promise<V>; until: number }>();
  readonly #lifetime: (value: V) => number;
  readonly #limit: number;

  /** `lifetime` returns how many milliseconds an answer is kept, `limit` is the number of answers. */
  constructor(lifetime: (value: V) => number, limit: number) {
    this.#lifetime = lifetime;
    this.#limit = limit;
  }

  /** A failure goes to all callers that wait for it, and is not kept. */
  get(key: K, lookUp: () => Promise<V>): Promise<V> {
    const known = this.#known.get(key);
    if (known && performance.now() < known.until) return known.answer;
    const entry = { answer: lookUp(), until: Number.POSITIVE_INFINITY };
    this.#keep(key, entry);
    entry.answer.then(
      (value) => {
        entry.until = performance.now() + this.#lifetime(value);
      },
      () => {
        entry.until = 0;
      },
    );
    return entry.answer;
  }

  #keep(key: K, entry: { readonly answer: Promise<V>; until: number }): void {
    this.#known.delete(key);
    this.#known.set(key, entry);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= this.#limit) return;
      this.#known.delete(oldest);
    }
  }
}
