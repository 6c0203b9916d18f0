/** Which flags clients ask for: counted in memory since the server started, and nowhere else. */

/** What a client sends from time to time: a body of `POST /v1/usage`. */
export interface UsageReport {
  readonly environment: string;
  /** How often each flag was asked for, whether there is one of that name or not. */
  readonly evaluations?: Readonly<Record<string, number>>;
  /** How its fetches ended: counts by outcome. */
  readonly fetches?: Readonly<Record<string, number>>;
  /** How old what it holds is, in seconds; `null` where it holds nothing. */
  readonly age?: number | null;
}

/** How often a flag was asked for in an environment, and when last, in milliseconds since 1970. */
export interface EvaluationCount {
  readonly name: string;
  readonly environment: string;
  evaluations: number;
  last: number;
}

/** How many names of flags that do not exist are remembered: the newest. */
const maximumUnknown = 100;

export class Usage {
  readonly since: number;
  readonly #isServed: (name: string) => boolean;
  readonly #isAllowed: (name: string) => boolean;
  readonly #now: () => number;
  readonly #served = new Map<string, EvaluationCount>();
  readonly #unknown = new Map<string, EvaluationCount>();

  /** `isAllowed`: whether a flag could have this name. */
  constructor(
    isServed: (name: string) => boolean,
    isAllowed: (name: string) => boolean,
    now = Date.now,
  ) {
    this.#isServed = isServed;
    this.#isAllowed = isAllowed;
    this.#now = now;
    this.since = now();
  }

  /** Takes a report in, and returns how many of its evaluations were of flags that do not exist. */
  take({ environment, evaluations = {} }: UsageReport): number {
    let unknown = 0;
    for (const [name, count] of Object.entries(evaluations)) {
      const isServed = this.#isServed(name);
      if (!isServed) unknown += count;
      // What no flag could be called may be anything, personal data too: it is not kept.
      if (!this.#isAllowed(name)) continue;
      this.#count(isServed ? this.#served : this.#unknown, name, environment, count);
    }
    for (const key of this.#unknown.keys()) {
      if (this.#unknown.size <= maximumUnknown) break;
      this.#unknown.delete(key);
    }
    return unknown;
  }

  /** Of flags that exist now. */
  get served(): readonly EvaluationCount[] {
    for (const [key, { name }] of this.#served) if (!this.#isServed(name)) this.#served.delete(key);
    return [...this.#served.values()];
  }

  /** Of names that no flag has, the newest first. */
  get unknown(): readonly EvaluationCount[] {
    return [...this.#unknown.values()].filter(({ name }) => !this.#isServed(name)).reverse();
  }

  #count(
    counts: Map<string, EvaluationCount>,
    name: string,
    environment: string,
    count: number,
  ): void {
    const key = `${environment}/${name}`;
    const asked = counts.get(key) ?? { name, environment, evaluations: 0, last: 0 };
    asked.evaluations += count;
    asked.last = this.#now();
    // Whoever was asked for last stands last.
    if (counts === this.#unknown) counts.delete(key);
    counts.set(key, asked);
  }
}
