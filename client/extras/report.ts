import type { Metrics } from "../core/types.ts";

const minPauseMs = 300_000;
/** A name has at most 128 characters, so a batch with counts stays below the server's 32 KiB. */
const maxNames = 200;
/** Other names cannot be flags. They may contain personal data, so they are not sent. */
const reportable = /^[\w.-]{1,128}$/;

type Counts = Readonly<Record<string, number>>;
type Reporter = (metrics: Metrics, environment: string | undefined, isLast: boolean) => void;

/**
 * Sends the counts since the last report: every five minutes at most, and when the page may be about to
 * go away. A report that fails is sent again with the next one.
 */
export function createReporter(url: string, token: string | undefined): Reporter {
  const evaluations = new Map<string, number>();
  const fetches = new Map<string, number>();
  let lastSentAt = performance.now();

  return (metrics, environment, isLast) => {
    if (environment === undefined) return;
    if (!isLast && performance.now() - lastSentAt < minPauseMs) return;
    lastSentAt = performance.now();
    const evaluated = grown(metrics.evaluations, evaluations).filter(([name]) =>
      reportable.test(name),
    );
    const fetched = grown(metrics.fetches, fetches);
    for (let at = 0; at === 0 || at < evaluated.length; at += maxNames) {
      const names = evaluated.slice(at, at + maxNames);
      const outcomes = at === 0 ? fetched : [];
      if (names.length + outcomes.length === 0) return;
      void deliver({ names, outcomes, environment, age: metrics.age });
    }
  };

  async function deliver(batch: Batch): Promise<void> {
    const { names, outcomes, environment, age } = batch;
    const body = JSON.stringify({
      environment,
      evaluations: Object.fromEntries(names),
      fetches: Object.fromEntries(outcomes),
      age,
    });
    add(evaluations, names, 1);
    add(fetches, outcomes, 1);
    if (await send(url, token, body)) return;
    add(evaluations, names, -1);
    add(fetches, outcomes, -1);
  }
}

interface Batch {
  readonly names: [string, number][];
  readonly outcomes: [string, number][];
  readonly environment: string;
  readonly age: number | null;
}

/** The part of each count that was not sent yet. */
function grown(counts: Counts, sent: ReadonlyMap<string, number>): [string, number][] {
  return Object.entries(counts)
    .map(([name, count]): [string, number] => [name, count - (sent.get(name) ?? 0)])
    .filter(([, count]) => count > 0);
}

function add(sent: Map<string, number>, counts: [string, number][], sign: number): void {
  for (const [name, count] of counts) sent.set(name, (sent.get(name) ?? 0) + sign * count);
}

/** A beacon is sent even if the page closes, but cannot have a token. A string body needs no preflight. */
async function send(url: string, token: string | undefined, body: string): Promise<boolean> {
  try {
    if (token === undefined) return navigator.sendBeacon(url, body);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    return (await fetch(url, { method: "POST", keepalive: true, headers, body })).ok;
  } catch {
    return false;
  }
}
