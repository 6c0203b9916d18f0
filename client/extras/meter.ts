import { FROM_CACHE, FROM_NETWORK, type Origin } from "../core/origin.ts";
import type { Copy, Failure, Metrics, Outcome } from "../core/types.ts";

/**
 * Receives each copy, with its origin and the resulting `state.reason`. `held` is what the client holds
 * now: `found`, if that was accepted.
 */
export type Observe = (
  found: Copy,
  origin: Origin,
  reason: Failure | null,
  held: Copy | undefined,
) => void;

export interface Meter {
  readonly observe: Observe;
  read(): Metrics;
  /** The environment of the held list. */
  environment(): string | undefined;
}

/** Counts the results of requests to `url`. The client itself counts evaluations. */
export function createMeter(url: string, evaluations: ReadonlyMap<string, number>): Meter {
  const fetches: Partial<Record<Outcome, number>> = {};
  let held: Copy | undefined;
  let timeToReady: number | null = null;
  let hasObserved = false;

  return {
    observe(found, origin, reason, next) {
      if (origin === FROM_CACHE) timeToReady = 0;
      if (origin === FROM_NETWORK) {
        const isNew = JSON.stringify(found.flags) !== JSON.stringify(held?.flags);
        const outcome = readReason(reason) ?? (isNew ? "ok" : "not_modified");
        fetches[outcome] = (fetches[outcome] ?? 0) + 1;
      }
      held = next;
      hasObserved = true;
    },
    read() {
      if (hasObserved) timeToReady ??= firstDuration(url);
      const age = Math.round((Date.now() - (held?.at ?? Number.NaN)) / 1_000);
      return {
        fetches: { ...fetches },
        evaluations: Object.fromEntries(evaluations),
        age: age >= 0 ? age : null,
        timeToReady,
      };
    },
    environment: () => held?.environment,
  };
}

const failures: readonly string[] = [
  "network",
  "timeout",
  "status",
  "content_type",
  "too_large",
  "malformed",
  "environment",
  "older",
] satisfies Failure[];

/** A header claims why a service worker returned its copy. Servers accept only the known reasons. */
function readReason(reason: Failure | null): Failure | null {
  return reason === null || failures.includes(reason) ? reason : "malformed";
}

/** The duration of the first request, in milliseconds, as the browser has measured it. */
function firstDuration(url: string): number | null {
  const base = globalThis.location?.href;
  const absolute = URL.canParse(url, base) ? new URL(url, base).href : url;
  const [entry] = performance.getEntriesByName(absolute, "resource");
  return entry === undefined ? null : Math.round(entry.duration);
}
