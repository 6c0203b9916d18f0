/** Leaks of mounted applications and created clients in a browser. */
import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWithChromium, useChromium, type Visitor } from "./chromium.ts";
import { bundle, pageWith, type Site, startSite } from "./site.ts";
import { type Source, startSource } from "./source.ts";

declare global {
  interface Window {
    /** Pending timers. */
    timers: Set<unknown>;
  }
}

/** Declares the tests. Each repeats its work `times` times. */
export function describeLeaks(times: number): void {
  describeWithChromium("memory in Chromium", () => {
    const chromium = useChromium();
    let pages: Site;
    let source: Source;
    let visitor: Visitor;
    beforeAll(async () => {
      // React's production build, because its other build keeps more.
      const define = { "process.env.NODE_ENV": '"production"' };
      pages = await startSite({
        "/": pageWith("/react.js", '<div id="root"></div>'),
        "/react.js": await bundle("react.ts", { define }),
      });
    });
    afterAll(() => pages?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      source = await startSource({ meal_planning: true, dark_mode: false });
      visitor = await chromium.visitor();
      return () => source[Symbol.asyncDispose]();
    });

    test(`${times} mounts and unmounts leave nothing behind`, async () => {
      const page = await visitor.open(pages.url);
      await page.waitForSelector("#meal");
      const session = await visitor.context.newCDPSession(page);
      await page.evaluate(() => window.mount(100));
      const before = await measure(session);
      await page.evaluate((count) => window.mount(count), times);
      expectNoMore(await measure(session), before);
      expect(visitor.complaints).toEqual([]);
    });

    test(`${times} clients that are created and closed leave nothing behind`, async () => {
      await visitor.context.addInitScript(countTimers);
      const page = await visitor.open(pages.url);
      const session = await visitor.context.newCDPSession(page);
      await page.evaluate((url) => window.make(100, url), source.list);
      const before = await measure(session);
      const timers = await page.evaluate(() => window.timers.size);
      await page.evaluate(([count, url]) => window.make(count, url), [times, source.list] as const);
      expectNoMore(await measure(session), before);
      expect(await page.evaluate(() => window.timers.size)).toBeLessThanOrEqual(timers);
      const locks = await page.evaluate(() => navigator.locks.query());
      expect([locks.held, locks.pending]).toEqual([[], []]);
      expect(visitor.complaints).toEqual([]);
    });
  });
}

interface Measured {
  readonly listeners: number;
  readonly nodes: number;
  readonly heap: number;
}

async function measure(session: CDPSession): Promise<Measured> {
  await session.send("Performance.enable");
  for (let time = 0; time < 3; time += 1) await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  const read = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return {
    listeners: read("JSEventListeners"),
    nodes: read("Nodes"),
    heap: read("JSHeapUsedSize"),
  };
}

/** If each of 100 repetitions kept a listener or a node, there would be more. */
function expectNoMore(after: Measured, before: Measured): void {
  expect(after.listeners - before.listeners).toBeLessThan(50);
  expect(after.nodes - before.nodes).toBeLessThan(100);
  expect(after.heap - before.heap).toBeLessThan(500_000);
}

function countTimers(): void {
  window.timers = new Set();
  const { setTimeout: set, clearTimeout: clear } = window;
  window.setTimeout = ((work: () => void, wait?: number) => {
    const timer = set(() => {
      window.timers.delete(timer);
      work();
    }, wait);
    window.timers.add(timer);
    return timer;
  }) as typeof window.setTimeout;
  window.clearTimeout = (timer) => {
    window.timers.delete(timer);
    clear(timer as number);
  };
}
