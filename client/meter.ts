import { afterOwn, atHand } from "./limits.ts";
import type { Asked, Copy, Failure, Metrics, Outcome } from "./types.ts";

/** Takes what the client has just learnt, or why not, and how it came to it: one of the waits in `limits.ts`. */
export type Hear = (reason: Failure | null, wait: number, found: Copy | undefined) => void;

export interface Meter {
  readonly hear: Hear;
  read(): Metrics;
  /** That of the list that is held. */
  environment(): string | undefined;
}

/** Counts what comes of looks at `url`; evaluations are counted already. */
export function createMeter(url: string, asked: ReadonlyMap<string, Asked>): Meter {
  const fetches: Partial<Record<Outcome, number>> = {};
  let held: Copy | undefined;
  let timeToReady: number | null = null;
  let hasHeard = false;

  return {
    hear(reason, wait, found) {
      const isBelieved = found !== undefined && (reason ?? undefined) === found.failure;
      const isNew = isBelieved && JSON.stringify(found.flags) !== JSON.stringify(held?.flags);
      if (wait === atHand) timeToReady = 0;
      if (wait === afterOwn) {
        const outcome = known(reason) ?? (isNew ? "ok" : "not_modified");
        fetches[outcome] = (fetches[outcome] ?? 0) + 1;
      }
      if (isBelieved && found.flags) held = found;
      hasHeard = true;
    },
    read() {
      if (hasHeard) timeToReady ??= firstLook(url);
      const age = Math.round((Date.now() - (held?.at ?? Number.NaN)) / 1_000);
      return {
        fetches: { ...fetches },
        evaluations: Object.fromEntries([...asked].map(([name, { count }]) => [name, count])),
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

/** A body may claim to be a service worker's copy, and give a reason that is none. */
function known(reason: Failure | null): Failure | null {
  return reason === null || failures.includes(reason) ? reason : "malformed";
}

/** How long the first look took, in milliseconds. The browser has measured it already. */
function firstLook(url: string): number | null {
  const whole = URL.canParse(url, globalThis.location?.href)
    ? new URL(url, globalThis.location?.href).href
    : url;
  const [entry] = performance.getEntriesByName(whole, "resource");
  return entry === undefined ? null : Math.round(entry.duration);
}
