import type { Histogram, Registry } from "prom-client";

/** In seconds. */
const bounds = [0.0005, 0.001, 0.005, 0.02, 0.1, 0.2, 0.5, 2, 10];

export interface Labels {
  readonly route: string;
  readonly method: string;
  readonly status: number;
}

/**
 * A histogram of how long requests take. prom-client's own histogram looks up its labels at each
 * observation, which costs as much as the rest of a plain read; here the caller keeps the series.
 */
export class Durations {
  readonly name = "bunting_http_request_duration_seconds";
  readonly #series = new Map<string, Series>();

  constructor(registry: Registry) {
    // A registry uses only a metric's `name`, and `get()` when it is read.
    registry.registerMetric(this as unknown as Histogram);
  }

  series(labels: Labels): Series {
    const key = `${labels.method} ${labels.status} ${labels.route}`;
    const series = this.#series.get(key) ?? new Series(labels);
    this.#series.set(key, series);
    return series;
  }

  get(): object {
    return {
      name: this.name,
      help: "Time from the first byte of a request to the last of its answer",
      type: "histogram",
      aggregator: "sum",
      values: [...this.#series.values()].flatMap((series) => series.values(this.name)),
    };
  }

  reset(): void {
    this.#series.clear();
  }
}

export class Series {
  readonly #labels: Labels;
  /** Counts by bucket; the last one is for values above all bounds. */
  readonly #counts = new Float64Array(bounds.length + 1);
  #sum = 0;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  observe(seconds: number): void {
    let bucket = 0;
    while (bucket < bounds.length && seconds > (bounds[bucket] as number)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += seconds;
  }

  /** In the form of Prometheus: each bucket includes those before it. Empty before the first observation. */
  values(name: string): object[] {
    const labels = this.#labels;
    let total = 0;
    if (this.#counts.every((count) => count === 0)) return [];
    const buckets = [...bounds, "+Inf"].map((le, bucket) => {
      total += this.#counts[bucket] as number;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: total };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: total },
    ];
  }
}
