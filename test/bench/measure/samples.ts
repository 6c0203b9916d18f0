import { type Cost, median } from "./cost.ts";

/** The costs of several runs, by the name of what was measured. */
export class Samples {
  readonly #costs = new Map<string, Cost[]>();

  add(name: string, cost: Cost | undefined): void {
    if (!cost) throw new Error(`Cannot add to "${name}": it was not measured`);
    this.#costs.set(name, [...(this.#costs.get(name) ?? []), cost]);
  }

  /** In the order in which they were measured first. */
  get names(): string[] {
    return [...this.#costs.keys()];
  }

  has(name: string): boolean {
    return this.#costs.has(name);
  }

  median(name: string): Cost {
    const costs = this.#costs.get(name);
    if (!costs) throw new Error(`Cannot find "${name}": it was not measured`);
    return median(costs);
  }
}

/** How the groups of the benchmark are run. */
export interface Plan {
  /** How often each case is measured, each time in a fresh process. */
  readonly runs: number;
  /** Is called with what is measured next. */
  readonly progress: (what: string) => void;
}
