/** Numbers that look random, and are the same for the same seed (mulberry32). */
export class Chance {
  readonly seed: number;
  #state: number;

  constructor(seed = Number(process.env.SEED ?? Date.now() % 1_000_000)) {
    this.seed = seed;
    this.#state = seed;
  }

  /** A whole number from 0 to `below`, without that. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let number = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    number ^= number + Math.imul(number ^ (number >>> 7), number | 61);
    return ((number ^ (number >>> 14)) >>> 0) % below;
  }
}
