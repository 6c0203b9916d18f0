/** The service worker alone: these pages store nothing themselves. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { describeWithChromium, useChromium, type Visitor } from "./chromium.ts";
import { bundle, pageWith, type Site, startSite } from "./site.ts";
import { json, listOf, respond, type Source, startSource } from "./source.ts";

describeWithChromium("serveFlags() in a service worker", () => {
  const chromium = useChromium();
  let pages: Site;
  let source: Source;
  let visitor: Visitor;
  beforeAll(async () => {
    const [page, worker] = await Promise.all([bundle("flags.ts"), bundle("worker.ts")]);
    pages = await startSite({
      "/": pageWith("/flags.js"),
      "/flags.js": page,
      "/worker.js": worker,
      "/empty": pageWith("data:text/javascript,"),
    });
  });
  afterAll(() => pages?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    source = await startSource({ meal_planning: true, dark_mode: false });
    visitor = await chromium.visitor();
    return () => source[Symbol.asyncDispose]();
  });

  /** A page whose worker is active, before it has fetched flags itself. */
  async function openControlled(): Promise<Page> {
    const page = await visitor.open(`${pages.url}/empty`);
    await page.evaluate(
      async (script) => {
        await navigator.serviceWorker.register(script, { type: "module" });
        if (navigator.serviceWorker.controller) return;
        await new Promise((resolve) => {
          navigator.serviceWorker.addEventListener("controllerchange", resolve);
        });
      },
      `/worker.js?url=${encodeURIComponent(source.list)}`,
    );
    return page;
  }

  /** Opens the page with flags and waits for a response or a failure. */
  async function visit(page: Page): Promise<ReturnType<typeof readPage>> {
    const options = { url: source.list, refreshSeconds: 3_600, storage: null };
    await page.goto(`${pages.url}/?options=${encodeURIComponent(JSON.stringify(options))}`);
    await page.evaluate(() => window.flags.ready);
    return readPage(page);
  }

  test("an application starts without a network, with the last valid copy", async () => {
    const page = await openControlled();
    await source.stop();
    expect(await visit(page)).toEqual({
      flags: { meal_planning: true, dark_mode: false },
      state: { status: "stale", age: expect.any(Number), reason: "network" },
    });
    expect(visitor.complaints).toEqual([]);
  });

  test("the network comes first: a page never stays on old flags", async () => {
    const page = await openControlled();
    for (const isOn of [false, true, false]) {
      source.serve({ meal_planning: isOn });
      expect(await visit(page)).toMatchObject({
        flags: { meal_planning: isOn },
        state: { status: "ready", reason: null },
      });
    }
    await source.stop();
    expect((await visit(page)).flags).toEqual({ meal_planning: false });
  });

  test("if the network hangs, the copy is returned after half a second", async () => {
    const page = await openControlled();
    source.answer(() => {});
    expect(await visit(page)).toMatchObject({
      flags: { meal_planning: true },
      state: { status: "stale", reason: "timeout" },
    });
  });

  test("a late response is stored for the next time", async () => {
    const page = await openControlled();
    const late = json(JSON.stringify(listOf({ meal_planning: false }, 1)));
    source.answer((request, response) => setTimeout(() => late(request, response), 1_000));
    expect((await visit(page)).flags).toMatchObject({ meal_planning: true });
    source.answer(() => {});
    const again = async () => (await visit(page)).flags;
    await expect.poll(again, { timeout: 20_000 }).toEqual({ meal_planning: false });
  });

  test("an error, a login page and half a list are neither returned nor stored if there is a copy", async () => {
    const page = await openControlled();
    const good = JSON.stringify(listOf({ meal_planning: false }, 9));
    const bad = [
      [respond(500, "application/json", good), "status"],
      [respond(200, "text/html", "<h1>Sign in</h1>"), "malformed"],
      [json(good.slice(0, -9)), "malformed"],
      [json(" ".repeat(2_000_000) + good), "too_large"],
    ] as const;
    for (const [answer, reason] of bad) {
      source.answer(answer);
      expect(await visit(page)).toMatchObject({
        flags: { meal_planning: true, dark_mode: false },
        state: { status: "stale", reason },
      });
    }
    await source.stop();
    expect((await visit(page)).flags).toEqual({ meal_planning: true, dark_mode: false });
  });

  test("a copy has its Last-Modified, so that a rollback is accepted", async () => {
    const page = await openControlled();
    const written = (at: string, on: boolean, day: number) => {
      const answer = json(JSON.stringify(listOf({ meal_planning: on }, day)));
      source.answer((request, response) => {
        response.setHeader("Last-Modified", at);
        answer(request, response);
      });
    };
    written("Mon, 05 Jan 2026 08:00:00 GMT", true, 9);
    await visit(page);
    source.answer(respond(500, "text/plain", ""));
    expect((await visit(page)).state.reason).toBe("status");
    written("Mon, 05 Jan 2026 12:00:00 GMT", false, 1);
    await page.evaluate(() => window.flags.refresh());
    expect((await readPage(page)).flags).toEqual({ meal_planning: false });
  });

  test("without a copy, a page gets the network's response", async () => {
    source.answer(respond(500, "text/plain", "broken"));
    const page = await openControlled();
    expect((await visit(page)).state).toMatchObject({ status: "stale", reason: "status" });
    await source.stop();
    expect((await visit(page)).state).toMatchObject({ status: "stale", reason: "network" });
    await source.start();
    source.serve({ meal_planning: true });
    expect((await visit(page)).state).toMatchObject({ status: "ready", reason: null });
  });

  test("caches of old versions and of other URLs are deleted, those of others stay", async () => {
    const page = await visitor.open(`${pages.url}/empty`);
    await page.evaluate(async () => {
      await caches.open("bunting flags 0 http://old.example/");
      await caches.open("the application's own");
    });
    await page.close();
    const controlled = await openControlled();
    const names = () => controlled.evaluate(() => caches.keys());
    await expect
      .poll(names, { timeout: 10_000 })
      .toEqual(["the application's own", `bunting flags 1 ${source.list}`]);
  });

  test("event streams, writes and other URLs go to the network untouched", async () => {
    const page = await openControlled();
    await source.stop();
    const outcome = (url: string, init: RequestInit = {}) =>
      page.evaluate(
        ([url, init]) =>
          fetch(url, init).then(
            ({ status }) => status,
            ({ name }) => name,
          ),
        [url, init] as const,
      );
    expect(await outcome(source.list)).toBe(200);
    const stream = { headers: { Accept: "text/event-stream" } };
    expect(await outcome(source.list, stream)).toBe("TypeError");
    expect(await outcome(source.list, { method: "POST" })).toBe("TypeError");
    expect(await outcome(`${source.list}meal_planning`)).toBe("TypeError");
    expect(await outcome(`${pages.url}/empty`)).toBe(200);
  });
});

function readPage(page: Page) {
  return page.evaluate(() => ({ flags: { ...window.flags.all() }, state: window.flags.state }));
}
