import { HttpError } from "./problem.ts";

export interface ConcurrencyLimits {
  /** Maximum number of concurrent calls. */
  readonly total: number;
  readonly perOwner: number;
  /** Maximum number of waiting calls of one owner. */
  readonly waitingPerOwner: number;
}

/** Limits concurrent work, in all and for each owner. Owners take turns. */
export class ConcurrencyLimit {
  readonly #limits: ConcurrencyLimits;
  /** By owner, the one whose turn is next first. */
  readonly #owners = new Map<string, { running: number; readonly waiting: (() => void)[] }>();
  #running = 0;

  constructor(limits: ConcurrencyLimits) {
    this.#limits = limits;
  }

  /** Runs `work` when its turn comes. Throws `HttpError` 429 if the owner has too much waiting. */
  run<T>(owner: string, work: () => Promise<T>): Promise<T> {
    const own = this.#owners.get(owner) ?? { running: 0, waiting: [] };
    this.#owners.set(owner, own);
    if (own.waiting.length >= this.#limits.waitingPerOwner) {
      const detail = `Cannot answer: ${own.waiting.length} requests of this token wait already`;
      throw new HttpError(429, detail);
    }
    return new Promise((resolve, reject) => {
      own.waiting.push(() => {
        own.running += 1;
        this.#running += 1;
        const end = () => {
          own.running -= 1;
          this.#running -= 1;
          if (own.running === 0 && own.waiting.length === 0) this.#owners.delete(owner);
          this.#startNext();
        };
        work().then(resolve, reject).finally(end);
      });
      this.#startNext();
    });
  }

  #startNext(): void {
    for (const [owner, own] of this.#owners) {
      if (this.#running >= this.#limits.total) return;
      const start = own.running < this.#limits.perOwner ? own.waiting.shift() : undefined;
      if (!start) continue;
      // After all others.
      this.#owners.delete(owner);
      this.#owners.set(owner, own);
      start();
    }
  }
}
