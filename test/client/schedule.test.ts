/** When the client fetches again. Timers and clock are fake; the source and its requests are real. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Flags } from "../../client/core/types.ts";
import { clientsForTests } from "./clients.ts";
import { openPage, type Page } from "./page.ts";
import { json, list, respond, type Source, startSource } from "./source.ts";

const create = clientsForTests();
let source: Source;
let chance: number;
beforeEach(async () => {
  source = await startSource(json(list({ meal_planning: true })));
  chance = 0.5;
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"],
  });
  vi.spyOn(Math, "random").mockImplementation(() => chance);
});
afterEach(async () => {
  vi.useRealTimers();
  await source[Symbol.asyncDispose]();
});

/** Advances the clock by this many seconds. Returns the number of requests. */
async function pass(seconds: number, ...clients: Flags[]): Promise<number> {
  const before = source.requests.length;
  vi.advanceTimersByTime(seconds * 1_000);
  await waitUntilIdle(clients);
  return source.requests.length - before;
}

/** Waits, in real time, until no request is pending. */
async function waitUntilIdle(clients: Flags[]): Promise<void> {
  for (let quiet = 0, seen = -1; quiet < 3; ) {
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => realTimeout(resolve, 5));
    const state = JSON.stringify([source.requests.length, clients.map(({ state }) => state)]);
    quiet = Number(seen) === state.length + source.requests.length ? quiet + 1 : 0;
    seen = state.length + source.requests.length;
  }
}
const realTimeout = setTimeout;

describe("refreshSeconds", () => {
  test("is 60 seconds by default, plus or minus 10 %", async () => {
    const flags = create({ url: source.url, refreshSeconds: undefined });
    await flags.ready;
    expect(await pass(59.9, flags)).toBe(0);
    expect(await pass(0.1, flags)).toBe(1);
    for (const [next, seconds] of [
      [0, 54],
      [1, 66],
    ] as const) {
      chance = next;
      await flags.refresh();
      expect(await pass(seconds - 0.1, flags)).toBe(0);
      expect(await pass(0.2, flags)).toBe(1);
    }
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e9])(
    "%d means that the client does not poll",
    async (refreshSeconds) => {
      const flags = create({ url: source.url, refreshSeconds });
      await flags.ready;
      expect(await pass(1_000_000, flags)).toBe(0);
    },
  );

  test("doubles after failures, up to five minutes, until a request succeeds", async () => {
    source.answer = respond(500, "text/plain", "");
    const flags = create({ url: source.url, refreshSeconds: 60 });
    await flags.ready;
    for (const pause of [120, 240, 300, 300]) {
      expect(await pass(pause - 1, flags), `${pause}`).toBe(0);
      expect(await pass(1, flags), `${pause}`).toBe(1);
    }
    source.answer = json(list({ meal_planning: true }));
    expect(await pass(300, flags)).toBe(1);
    expect(flags.state.status).toBe("ready");
    expect(await pass(59, flags)).toBe(0);
    expect(await pass(1, flags)).toBe(1);
  });

  test("age grows with each failed request", async () => {
    const flags = create({ url: source.url, refreshSeconds: 60 });
    await flags.ready;
    source.answer = respond(500, "text/plain", "");
    await pass(60, flags);
    expect(flags.state).toEqual({ status: "stale", age: 60, reason: "status" });
    await pass(120, flags);
    expect(flags.state).toEqual({ status: "stale", age: 180, reason: "status" });
  });

  test("has no timer after close()", async () => {
    const flags = create({ url: source.url, refreshSeconds: 60 });
    flags.subscribe(() => flags.close());
    await flags.ready;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a page", () => {
  let page: Page;
  afterEach(() => page[Symbol.dispose]());

  test("does not fetch while it is hidden; fetches when it becomes visible or comes online", async () => {
    page = openPage();
    const flags = create({ url: source.url, refreshSeconds: 60 });
    await flags.ready;
    page.show(false);
    expect(await pass(1_000, flags)).toBe(0);
    page.goOnline();
    expect(await pass(0, flags)).toBe(0);
    page.show(true);
    expect(await pass(0, flags)).toBe(1);
    page.goOnline();
    expect(await pass(0, flags)).toBe(1);
    expect(await pass(60, flags)).toBe(1);
  });

  test("that is opened in the background fetches once", async () => {
    page = openPage();
    page.show(false);
    const flags = create({ url: source.url, refreshSeconds: 60 });
    await flags.ready;
    expect(flags.isEnabled("meal_planning")).toBe(true);
    expect(await pass(1_000, flags)).toBe(0);
  });
});

describe.each([
  ["with Web Locks", true],
  ["without Web Locks", false],
])("several tabs, %s", (_name, hasLocks) => {
  let page: Page;
  beforeEach(() => {
    page = openPage(hasLocks);
  });
  afterEach(() => page[Symbol.dispose]());

  test("one fetches for all and sends results and failures to the others", async () => {
    const tabs = [1, 2, 3].map(() => create({ url: source.url, refreshSeconds: 60 }));
    await Promise.all(tabs.map(({ ready }) => ready));
    await pass(0, ...tabs);
    // The tab whose request ended last waits the shortest time, so it stays the poller.
    for (let minute = 0; minute < 5; minute++) {
      source.answer = json(list({ meal_planning: minute % 2 === 0 }, minute + 2));
      expect(await pass(60, ...tabs)).toBe(1);
      for (const tab of tabs) expect(tab.isEnabled("meal_planning")).toBe(minute % 2 === 0);
    }
    source.answer = respond(500, "text/plain", "");
    expect(await pass(60, ...tabs)).toBe(1);
    for (const tab of tabs) expect(tab.state).toMatchObject({ status: "stale", reason: "status" });
    expect(await pass(119, ...tabs)).toBe(0);
    expect(await pass(1, ...tabs)).toBe(1);
  });

  test("another tab takes over when the poller is closed", async () => {
    const tabs = [1, 2].map(() => create({ url: source.url, refreshSeconds: 60 }));
    await Promise.all(tabs.map(({ ready }) => ready));
    await pass(0, ...tabs);
    await tabs[0]?.refresh();
    await pass(0, ...tabs);
    tabs[0]?.close();
    source.answer = json(list({ meal_planning: false }, 2));
    expect(await pass(90, ...tabs)).toBe(1);
    expect(tabs[1]?.isEnabled("meal_planning")).toBe(false);
  });

  test("with different URLs do not affect each other", async () => {
    const one = create({ url: source.url });
    const other = create({ url: `${source.url}?other` });
    await Promise.all([one.ready, other.ready]);
    source.answer = json(list({ meal_planning: false }, 2));
    await one.refresh();
    await pass(0, one, other);
    expect(other.isEnabled("meal_planning")).toBe(true);
  });
});

test("with Web Locks, tabs that come online at the same time send one request", async () => {
  using page = openPage();
  const tabs = [1, 2, 3].map(() => create({ url: source.url, refreshSeconds: 60 }));
  await Promise.all(tabs.map(({ ready }) => ready));
  await pass(0, ...tabs);
  page.goOnline();
  expect(await pass(0, ...tabs)).toBe(1);
});

test("invalid messages on the channel change no flag and throw nothing", async () => {
  using _page = openPage();
  const flags = create({ url: source.url });
  await flags.ready;
  const channel = new BroadcastChannel(`bunting1:${source.url}`);
  for (const nonsense of [null, 1, "ok", [], { flags: { a: 1 } }, new Map()]) {
    channel.postMessage(nonsense);
  }
  channel.postMessage({ ...list({ meal_planning: false }, 2), at: Date.now() });
  await vi.waitFor(() => expect(flags.isEnabled("meal_planning")).toBe(false));
  channel.close();
  expect(flags.state.status).toBe("ready");
});

test("a page without BroadcastChannel works", async () => {
  using _page = openPage();
  vi.stubGlobal("BroadcastChannel", undefined);
  const flags = create({ url: source.url });
  await flags.ready;
  expect(flags.isEnabled("meal_planning")).toBe(true);
});
