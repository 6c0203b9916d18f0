import { setTimeout as pause } from "node:timers/promises";

/** A listing reads this many pull requests at most. */
const maxListed = 1_000;

export interface ListedPull {
  readonly number: number;
  /** Whether it was opened for a change that was sent to the API. */
  readonly isProposal: boolean;
}

/**
 * The numbers of the pull requests that were opened for changes: by this server, or found in a listing.
 * So a request with an invented number costs no additional call to GitHub.
 */
export class KnownPulls {
  readonly #list: () => AsyncIterable<ListedPull>;
  readonly #listIntervalMs: number;
  readonly #numbers = new Set<number>();
  /** The highest number of the last listing. */
  #highestListed = 0;
  #listedAtMs = Number.NEGATIVE_INFINITY;
  #listing: Promise<void> | undefined;

  /** `list` reads all pull requests, the newest first. It is called at most once per interval. */
  constructor(list: () => AsyncIterable<ListedPull>, listIntervalMs = 5_000) {
    this.#list = list;
    this.#listIntervalMs = listIntervalMs;
  }

  add(number: number): void {
    this.#numbers.add(number);
  }

  /** Whether it is known. Reads a listing only if the number is higher than all that were listed. */
  async has(number: number): Promise<boolean> {
    if (!this.#numbers.has(number) && number > this.#highestListed) {
      this.#listing ??= this.#readListing().finally(() => {
        this.#listing = undefined;
      });
      await this.#listing;
    }
    return this.#numbers.has(number);
  }

  async #readListing(): Promise<void> {
    const waitMs = this.#listedAtMs + this.#listIntervalMs - performance.now();
    if (waitMs > 0) await pause(waitMs, undefined, { ref: false });
    this.#listedAtMs = performance.now();
    const listedBefore = this.#highestListed;
    let highest = listedBefore;
    let count = 0;
    for await (const { number, isProposal } of this.#list()) {
      highest = Math.max(highest, number);
      if (isProposal) this.#numbers.add(number);
      count += 1;
      if (number <= listedBefore || count >= maxListed) break;
    }
    this.#highestListed = highest;
  }
}
