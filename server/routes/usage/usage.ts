/** Which flags are evaluated, by clients and for them: counted in memory only, since the server started. */
import { LRUCache } from "lru-cache";

/** The body of `POST /v1/usage`. */
export interface UsageReport {
  readonly environment: string;
  /** Evaluations by name, also of flags that do not exist. */
  readonly evaluations?: Readonly<Record<string, number>>;
  /** Counts of fetches by outcome. */
  readonly fetches?: Readonly<Record<string, number>>;
  /** Age of the client's flags, in seconds; `null` if it has none. */
  readonly age?: number | null;
}

/** Evaluations of a flag in an environment, and the time of the last one in milliseconds since 1970. */
export interface EvaluationCount {
  readonly name: string;
  readonly environment: string;
  evaluations: number;
  last: number;
  /** Evaluations that the server made, by variant. */
  readonly variants: Map<string, number>;
}

/** Variants of earlier commits are forgotten first. */
const maxVariants = 50;

/** Maximum number of names that no flag has. */
const maxUnknown = 100;

export class Usage {
  readonly since: number;
  readonly #isServed: (name: string) => boolean;
  readonly #isAllowed: (name: string) => boolean;
  readonly #now: () => number;
  /** Evaluations of flags that do not exist, by environment: invalid and forgotten names, too. */
  readonly unknownTotals = new Map<string, number>();
  readonly #served = new Map<string, EvaluationCount>();
  /** Only the newest names are kept. */
  readonly #unknown = new LRUCache<string, EvaluationCount>({ max: maxUnknown });

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

  /** Adds a report. */
  add({ environment, evaluations = {} }: UsageReport): void {
    let unknown = this.unknownTotals.get(environment) ?? 0;
    for (const [name, count] of Object.entries(evaluations)) {
      const isServed = this.#isServed(name);
      if (!isServed) unknown += count;
      // A name that no flag can have could be anything, personal data too: it is not kept.
      if (!this.#isAllowed(name)) continue;
      this.#count(isServed ? this.#served : this.#unknown, name, environment, count);
    }
    this.unknownTotals.set(environment, unknown);
  }

  /** Counts an evaluation by this server. `variant` is missing if there is no such flag. */
  countEvaluation(environment: string, name: string, variant: string | undefined): void {
    if (variant === undefined) {
      this.add({ environment, evaluations: { [name]: 1 } });
      return;
    }
    const { variants } = this.#count(this.#served, name, environment, 1);
    variants.set(variant, (variants.get(variant) ?? 0) + 1);
    for (const oldest of variants.keys()) {
      if (variants.size <= maxVariants) break;
      variants.delete(oldest);
    }
  }

  /** Counts of flags that exist now. */
  get served(): readonly EvaluationCount[] {
    for (const [key, { name }] of this.#served) if (!this.#isServed(name)) this.#served.delete(key);
    return [...this.#served.values()];
  }

  /** Counts of names that no flag has, the newest first. */
  get unknown(): readonly EvaluationCount[] {
    return [...this.#unknown.values()].filter(({ name }) => !this.#isServed(name));
  }

  #count(
    counts: Map<string, EvaluationCount> | LRUCache<string, EvaluationCount>,
    name: string,
    environment: string,
    count: number,
  ): EvaluationCount {
    const key = `${environment}/${name}`;
    const unused = { name, environment, evaluations: 0, last: 0, variants: new Map() };
    const counted: EvaluationCount = counts.get(key) ?? unused;
    counted.evaluations += count;
    counted.last = this.#now();
    counts.set(key, counted);
    return counted;
  }
}
