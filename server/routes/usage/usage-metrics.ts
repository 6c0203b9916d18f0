import { Counter, Histogram, type Registry } from "prom-client";
import type { Usage, UsageReport } from "./usage.ts";

/** Shows at `/metrics` what clients report. Of names, only those of flags that are served become labels. */
export class UsageMetrics {
  readonly #unknown: Counter;
  readonly #reports: Counter;
  readonly #fetches: Counter;
  readonly #age: Histogram;

  constructor(registry: Registry, usage: Usage) {
    const registers = [registry];
    new Counter({
      name: "bunting_flag_evaluations_total",
      help: "How often clients asked for a flag, as they report it",
      labelNames: ["environment", "flag"],
      registers,
      collect() {
        this.reset();
        for (const { environment, name, evaluations } of usage.served)
          this.inc({ environment, flag: name }, evaluations);
      },
    });
    this.#unknown = new Counter({
      name: "bunting_unknown_flag_evaluations_total",
      help: "How often clients asked for flags that do not exist; GET /v1/usage names them",
      labelNames: ["environment"],
      registers,
    });
    this.#reports = new Counter({
      name: "bunting_usage_reports_total",
      help: "Reports of clients",
      labelNames: ["environment"],
      registers,
    });
    this.#fetches = new Counter({
      name: "bunting_client_fetches_total",
      help: "Fetches of clients by what came of them, as they report it",
      labelNames: ["environment", "outcome"],
      registers,
    });
    this.#age = new Histogram({
      name: "bunting_client_age_seconds",
      help: "How old the flags were that clients held when they reported",
      labelNames: ["environment"],
      buckets: [60, 300, 900, 3_600, 86_400, 604_800],
      registers,
    });
  }

  count({ environment, fetches = {}, age = null }: UsageReport, unknown: number): void {
    this.#reports.inc({ environment });
    this.#unknown.inc({ environment }, unknown);
    for (const [outcome, count] of Object.entries(fetches))
      this.#fetches.inc({ environment, outcome }, count);
    if (age !== null) this.#age.observe({ environment }, age);
  }
}
