/** A duration, and the processor time of all threads of this process, in milliseconds. */
export interface Cost {
  readonly ms: number;
  readonly cpu: number;
}

/** Costs by stage. */
export type Costs = Readonly<Record<string, Cost>>;

/** Measures stages, one after the other, in the process that runs them. */
export class Stopwatch {
  readonly costs: Record<string, Cost> = {};

  async time<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await work();
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    this.costs[stage] = { ms, cpu: (user + system) / 1_000 };
    return result;
  }
}

export function sum(costs: readonly Cost[]): Cost {
  return costs.reduce((a, b) => ({ ms: a.ms + b.ms, cpu: a.cpu + b.cpu }), { ms: 0, cpu: 0 });
}

export function median(costs: readonly Cost[]): Cost {
  return { ms: middle(costs.map(({ ms }) => ms)), cpu: middle(costs.map(({ cpu }) => cpu)) };
}

/** Of an even number, the mean of the two in the middle. */
export function middle(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [
    sorted[Math.ceil(half) - 1] ?? Number.NaN,
    sorted[Math.floor(half)] ?? Number.NaN,
  ];
  return (low + high) / 2;
}
