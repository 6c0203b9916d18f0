import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Streams } from "../routes/events/streams.ts";
import type { Usage } from "../routes/usage/usage.ts";
import { UsageMetrics } from "../routes/usage/usage-metrics.ts";
import type { WriteBackends } from "../routes/writes/write-backends.ts";
import { Durations } from "./durations.ts";

/** The parts that are measured when the metrics are read. */
interface Sources {
  readonly streams: Streams;
  readonly usage: Usage;
  readonly steps: { readonly overdueSeconds: number };
  readonly backends: WriteBackends;
}

/** The metrics at `/metrics`. Labels are route patterns and kinds, never text of a client. */
export class ServerMetrics {
  readonly registry = new Registry();
  readonly requests = new Durations(this.registry);
  readonly errors = new Counter({
    name: "bunting_http_errors_total",
    help: "Answers with a status of 400 or more",
    labelNames: ["route", "status"],
    registers: [this.registry],
  });
  readonly updates = new Counter({
    name: "bunting_flag_updates_total",
    help: "Changes of flags through the API, by kind and result",
    labelNames: ["kind", "result"],
    registers: [this.registry],
  });
  readonly steps = new Counter({
    name: "bunting_schedule_steps_total",
    help: "Scheduled steps that were due, by result; committed means applied by this server",
    labelNames: ["result"],
    registers: [this.registry],
  });
  readonly usage: UsageMetrics;

  constructor({ backends: { store, publisher, reviews }, streams, usage, steps }: Sources) {
    this.usage = new UsageMetrics(this.registry, usage);
    collectDefaultMetrics({ register: this.registry });
    this.#gauge("bunting_queue_depth", "Writes that wait", () => store.health.queued);
    this.#gauge(
      "bunting_served_commit_age_seconds",
      "Time since the served commit was made",
      () => {
        const { committed_at } = store.current?.snapshot ?? {};
        return committed_at === undefined ? 0 : secondsSince(Date.parse(committed_at));
      },
    );
    this.#gauge("bunting_sync_age_seconds", "Time since the remote last answered", () =>
      secondsSince(store.health.syncedAtMs),
    );
    if (publisher)
      this.#gauge("bunting_publish_age_seconds", "Time since a release was published last", () =>
        secondsSince(publisher.status.time),
      );
    if (reviews) {
      const help = "Emergency changes without an issue for their review";
      this.#gauge("bunting_break_glass_backlog", help, () => reviews.backlog);
    }
    this.#gauge("bunting_stream_clients", "Event streams that are open", () => streams.size);
    const git = new Histogram({
      name: "bunting_git_duration_seconds",
      help: "Time that git took to fetch, commit and push, including failures",
      labelNames: ["operation", "result"],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 20],
      registers: [this.registry],
    });
    store.onGit.add((operation, result, seconds) => git.observe({ operation, result }, seconds));
    const conflicts = new Counter({
      name: "bunting_git_conflicts_total",
      help: "Pushes that lost a race and were repeated on the new head",
      registers: [this.registry],
    });
    store.onConflict.add(() => conflicts.inc());
    const help = "Time since the oldest scheduled step that is not applied was due";
    this.#gauge("bunting_schedule_overdue_seconds", help, () => steps.overdueSeconds);
  }

  /** All metrics as text. If `environments` is given, series of other environments are left out. */
  async textFor(environments: readonly string[] | undefined): Promise<string> {
    const text = await this.registry.metrics();
    if (!environments) return text;
    // Quotes in the value of another label are escaped, so this matches the label only.
    const isVisible = (line: string) => {
      const [, environment] = /[{,]environment="([^"]*)"/.exec(line) ?? [];
      return environment === undefined || environments.includes(environment);
    };
    return text.split("\n").filter(isVisible).join("\n");
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}

function secondsSince(timeMs: number): number {
  return (Date.now() - timeMs) / 1_000;
}
