/** Answers that many ask for: one look-up for all who ask meanwhile, and its answer for a while. */
export class Recent<K, V> {
  /** The oldest first. */
  readonly #known = new Map<K, { readonly answer: Promise<V>; until: number }>();
  readonly #lifetime: (value: V) => number;
  readonly #limit: number;

  /** `lifetime` is for how many milliseconds an answer is kept, `limit` how many are. */
  constructor(lifetime: (value: V) => number, limit: number) {
    this.#lifetime = lifetime;
    this.#limit = limit;
  }

  /** A failure is passed on to all who wait for it, and not kept. */
  get(key: K, look: () => Promise<V>): Promise<V> {
    const known = this.#known.get(key);
    if (known && performance.now() < known.until) return known.answer;
    const entry = { answer: look(), until: Number.POSITIVE_INFINITY };
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
