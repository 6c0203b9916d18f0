import type { Metrics } from "./types.ts";

/** In milliseconds. */
const shortestPause = 300_000;
/** Of a name at most 64 characters long, with its count, so that a batch stays below 32 KiB. */
const mostNames = 300;
const reportable = /^[a-z][a-z0-9_]{0,63}$/;

type Counts = Readonly<Record<string, number>>;
type Reporter = (metrics: Metrics, environment: string | undefined, isLast: boolean) => void;

/**
 * Sends what has been counted since the last report: once in five minutes, and when it may be the last
 * that is heard of the page. What did not arrive goes with the next one.
 */
export function createReporter(url: string, token: string | undefined): Reporter {
  const evaluations = new Map<string, number>();
  const fetches = new Map<string, number>();
  let last = performance.now();

  return (metrics, environment, isLast) => {
    if (environment === undefined) return;
    if (!isLast && performance.now() - last < shortestPause) return;
    last = performance.now();
    const asked = grown(metrics.evaluations, evaluations).filter(([name]) => reportable.test(name));
    const fetched = grown(metrics.fetches, fetches);
    for (let at = 0; at === 0 || at < asked.length; at += mostNames) {
      const names = asked.slice(at, at + mostNames);
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

/** By how much each count has grown beyond what was sent. */
function grown(counts: Counts, sent: ReadonlyMap<string, number>): [string, number][] {
  return Object.entries(counts)
    .map(([name, count]): [string, number] => [name, count - (sent.get(name) ?? 0)])
    .filter(([, count]) => count > 0);
}

function add(sent: Map<string, number>, counts: [string, number][], sign: number): void {
  for (const [name, count] of counts) sent.set(name, (sent.get(name) ?? 0) + sign * count);
}

/** A beacon outlives its page, but cannot carry a token. It is sent as text, which asks for no preflight. */
async function send(url: string, token: string | undefined, body: string): Promise<boolean> {
  try {
    if (token === undefined) return navigator.sendBeacon(url, body);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    return (await fetch(url, { method: "POST", keepalive: true, headers, body })).ok;
  } catch {
    return false;
  }
}
