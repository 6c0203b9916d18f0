import { Counter, Histogram, type Registry } from "prom-client";
import type { Usage, UsageReport } from "./usage.ts";

/** Metrics of evaluations. Only names of served flags and of their variants become labels. */
export class UsageMetrics {
  readonly #reports: Counter;
  readonly #fetches: Counter;
  readonly #age: Histogram;

  constructor(registry: Registry, usage: Usage) {
    const registers = [registry];
    new Counter({
      name: "bunting_flag_evaluations_total",
      help: "Evaluations of a flag, as clients report them or ask the server for them",
      labelNames: ["environment", "flag"],
      registers,
      collect() {
        this.reset();
        for (const { environment, name, evaluations } of usage.served)
          this.inc({ environment, flag: name }, evaluations);
      },
    });
    new Counter({
      name: "bunting_flag_variant_evaluations_total",
      help: "Evaluations of a single flag by the server, by the variant of the answer",
      labelNames: ["environment", "flag", "variant"],
      registers,
      collect() {
        this.reset();
        for (const { environment, name, variants } of usage.served)
          for (const [variant, count] of variants)
            this.inc({ environment, flag: name, variant }, count);
      },
    });
    new Counter({
      name: "bunting_unknown_flag_evaluations_total",
      help: "Evaluations of flags that do not exist; GET /v1/usage lists their names",
      labelNames: ["environment"],
      registers,
      collect() {
        this.reset();
        for (const [environment, count] of usage.unknownTotals) this.inc({ environment }, count);
      },
    });
    this.#reports = new Counter({
      name: "bunting_usage_reports_total",
      help: "Usage reports of clients",
      labelNames: ["environment"],
      registers,
    });
    this.#fetches = new Counter({
      name: "bunting_client_fetches_total",
      help: "Fetches of clients by outcome, as clients report them",
      labelNames: ["environment", "outcome"],
      registers,
    });
    this.#age = new Histogram({
      name: "bunting_client_age_seconds",
      help: "Age of the flags that a client held when it reported",
      labelNames: ["environment"],
      buckets: [60, 300, 900, 3_600, 86_400, 604_800],
      registers,
    });
  }

  count({ environment, fetches = {}, age = null }: UsageReport): void {
    this.#reports.inc({ environment });
    for (const [outcome, count] of Object.entries(fetches))
      this.#fetches.inc({ environment, outcome }, count);
    if (age !== null) this.#age.observe({ environment }, age);
  }
}
