/** The core in a browser, with faults of the source, of the storage and with other tabs. */
import type { RequestListener } from "node:http";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Options } from "../../client/core/types.ts";
import { until } from "../server/setup/api.ts";
import { describeWithChromium, useChromium, type Visitor } from "./chromium.ts";
import { bundle, pageWith, type Site, startSite } from "./site.ts";
import { json, listOf, respond, type Source, startSource } from "./source.ts";

const seldom = 3_600;
const often = 0.2;

describeWithChromium("createFlags() in Chromium", () => {
  const chromium = useChromium();
  let pages: Site;
  let source: Source;
  let visitor: Visitor;
  beforeAll(async () => {
    const script = await bundle("flags.ts");
    const frame = `<iframe sandbox="allow-scripts"></iframe>
      <script>document.querySelector("iframe").src = "/" + location.search</script>`;
    pages = await startSite({
      "/": pageWith("/flags.js"),
      "/flags.js": (_request, response) => {
        // An opaque origin needs CORS to load a module.
        const headers = { "Content-Type": "text/javascript", "Access-Control-Allow-Origin": "*" };
        response.writeHead(200, headers).end(script);
      },
      "/framed": `<!doctype html><title>Test</title><link rel="icon" href="data:,">${frame}`,
    });
  });
  afterAll(() => pages?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    source = await startSource({ meal_planning: true, dark_mode: false });
    visitor = await chromium.visitor();
    return () => source[Symbol.asyncDispose]();
  });

  function urlOf(options: Partial<Options> = {}, path = "/"): string {
    const all = { url: source.list, refreshSeconds: seldom, ...options };
    return `${pages.url}${path}?options=${encodeURIComponent(JSON.stringify(all))}`;
  }

  /** A page that has flags from the source or from its storage. */
  async function openReady(options: Partial<Options> = {}): Promise<Page> {
    const page = await visitor.open(urlOf(options));
    await page.evaluate(() => window.flags.ready);
    return page;
  }

  test("first visit: the caller's default, then the source's flags, with one simple request", async () => {
    const page = await openReady();
    expect(await page.evaluate(() => window.first)).toEqual({});
    expect(await readPage(page)).toMatchObject({
      flags: { meal_planning: true, dark_mode: false },
      state: { status: "ready", reason: null },
    });
    const values = await page.evaluate(() => [
      window.flags.isEnabled("meal_planning"),
      window.flags.isEnabled("no_such_flag"),
      window.flags.isEnabled("no_such_flag", true),
      window.flags.isEnabled("constructor"),
    ]);
    expect(values).toEqual([true, false, true, false]);
    // No preflight and no header of the client, so that every cache may answer.
    expect(source.requests.map(({ method }) => method)).toEqual(["GET"]);
    expect(source.requests[0]?.headers).toMatchObject({ accept: "*/*" });
    expect(source.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(visitor.complaints).toEqual([
      "Bunting: unknown flag no_such_flag",
      "Bunting: unknown flag constructor",
    ]);
  });

  test("second visit: first the stored flags, then the network's", async () => {
    await (await openReady()).close();
    source.serve({ meal_planning: false, dark_mode: true });
    const page = await openReady();
    expect(await page.evaluate(() => window.first)).toEqual({
      meal_planning: true,
      dark_mode: false,
    });
    await page.waitForFunction(() => window.flags.isEnabled("dark_mode"));
    expect((await readPage(page)).flags).toEqual({ meal_planning: false, dark_mode: true });
    expect(visitor.complaints).toEqual([]);
  });

  test("second visit without a network: the stored flags, which are stale", async () => {
    await (await openReady()).close();
    await source.stop();
    const page = await openReady();
    await page.waitForFunction(() => window.flags.state.status === "stale");
    expect(await readPage(page)).toMatchObject({
      flags: { meal_planning: true, dark_mode: false },
      state: { status: "stale", reason: "network" },
    });

    await source.start();
    await page.evaluate(() => window.flags.refresh());
    expect((await readPage(page)).state.status).toBe("ready");
    expect(visitor.complaints).toEqual([]);
  });

  test("polling shows a change without a reload", async () => {
    const page = await openReady({ refreshSeconds: often });
    source.serve({ meal_planning: false, dark_mode: false });
    await page.waitForFunction(() => !window.flags.isEnabled("meal_planning"));
    source.serve({ meal_planning: true, dark_mode: false });
    await page.waitForFunction(() => window.flags.isEnabled("meal_planning"));
    expect(visitor.complaints).toEqual([]);
  });

  test("of two tabs one fetches for both; the other takes over when the first is closed", async () => {
    const requests = new Map<Page, number>();
    const tabs: Page[] = [];
    for (let tab = 0; tab < 2; tab += 1) {
      const page = await openReady({ refreshSeconds: 0.5 });
      page.on("request", (request) => {
        if (request.url() === source.list) requests.set(page, (requests.get(page) ?? 0) + 1);
      });
      tabs.push(page);
    }
    const total = () => [...requests.values()].reduce((sum, count) => sum + count, 0);
    await until(() => total() >= 5, 30_000);
    const [busy, idle] = tabs.sort((a, b) => (requests.get(b) ?? 0) - (requests.get(a) ?? 0));
    // Now and then the other tab fetches first.
    expect(requests.get(idle as Page) ?? 0).toBeLessThanOrEqual(2);
    source.serve({ meal_planning: false, dark_mode: false });
    for (const tab of tabs) {
      await tab.waitForFunction(() => !window.flags.isEnabled("meal_planning"));
    }
    await busy?.close();
    requests.clear();
    await until(() => total() >= 2);
    source.serve({ meal_planning: true, dark_mode: false });
    await idle?.waitForFunction(() => window.flags.isEnabled("meal_planning"));
    expect(visitor.complaints).toEqual([]);
  });

  test("a page keeps its flags until a valid list arrives, also if the source returns something else", async () => {
    const good = JSON.stringify(listOf({ meal_planning: false }, 9));
    const hostile = [
      ["HTML", respond(200, "text/html", "<h1>Sign in to the network</h1>"), "content_type"],
      ["HTML called JSON", json("<h1>Sign in</h1>"), "malformed"],
      ["nothing, 204", respond(204, "application/json", ""), "malformed"],
      ["an error, 500", respond(500, "application/json", good), "status"],
      ["a document cut short", json(good.slice(0, -9)), "malformed"],
      ["a connection that breaks off", breakOff, "network"],
      ["text for a flag", json(good.replace("false", '"false"')), "malformed"],
      ["a list of flags", json(good.replace(/\{"meal.*?\}/, "[]")), "malformed"],
      ["null", json("null"), "malformed"],
      ["an older document", json(JSON.stringify(listOf({ meal_planning: true }, -9))), "older"],
    ] as const;
    const page = await openReady();
    let isOn = true;
    for (const [what, answer, reason] of hostile) {
      source.answer(answer);
      await page.evaluate(() => window.flags.refresh());
      expect(await readPage(page), what).toMatchObject({
        flags: { meal_planning: isOn },
        state: { status: "stale", reason },
      });
      isOn = !isOn;
      source.serve({ meal_planning: isOn });
      await page.evaluate(() => window.flags.refresh());
      expect(await readPage(page), `after ${what}`).toEqual({
        flags: { meal_planning: isOn },
        state: { status: "ready", age: 0, reason: null },
      });
    }
    expect(visitor.complaints).toEqual([]);
  });

  test("a body of 50 MB is not read to its end", async () => {
    const page = await openReady();
    let sent = 0;
    let isCut = false;
    source.answer((_request, response) => {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.on("close", () => {
        isCut = !response.writableFinished;
      });
      const part = Buffer.alloc(65_536, " ");
      const send = () => {
        while (!response.destroyed && sent < 50 * 1_048_576) {
          sent += part.length;
          if (!response.write(part)) return void response.once("drain", send);
        }
        response.end();
      };
      send();
    });
    await page.evaluate(() => window.flags.refresh());
    expect(await readPage(page)).toMatchObject({
      flags: { meal_planning: true },
      state: { status: "stale", reason: "too_large" },
    });
    await until(() => isCut);
    expect(sent).toBeLessThan(25 * 1_048_576);
  });

  test("a page that may store nothing works in memory", async () => {
    const page = await visitor.open(urlOf({ refreshSeconds: often }, "/framed"));
    await until(() => page.frames().length === 2);
    const frame = page.frames()[1] as unknown as Page;
    await frame.waitForFunction(() => window.flags?.isEnabled("meal_planning"));
    const denied = await frame.evaluate(() => {
      try {
        return localStorage.length;
      } catch (error) {
        return (error as Error).name;
      }
    });
    expect(denied).toBe("SecurityError");
    source.serve({ meal_planning: false });
    await frame.waitForFunction(() => !window.flags.isEnabled("meal_planning"));
    expect(visitor.complaints).toEqual([]);
  });

  test("a page whose storage is full works in memory", async () => {
    await visitor.context.addInitScript(() => {
      if (location.protocol !== "http:") return;
      let text = "x".repeat(1_048_576);
      for (let key = 0; text.length > 0; key += 1) {
        try {
          localStorage.setItem(`${key}`, text);
        } catch {
          text = text.slice(0, text.length / 2);
        }
      }
    });
    const page = await openReady();
    await page.evaluate(() => window.flags.refresh());
    expect((await readPage(page)).flags).toEqual({ meal_planning: true, dark_mode: false });
    source.serve({ meal_planning: false });
    await page.evaluate(() => window.flags.refresh());
    expect((await readPage(page)).flags).toEqual({ meal_planning: false });
    expect(visitor.complaints).toEqual([]);
  });

  test("a stored copy that was tampered with is ignored", async () => {
    const poisons = {
      "no JSON": () => "{",
      "text for a flag": (text: string) => text.replace("true", '"true"'),
      "a flag with an odd name": (text: string) => text.replace("dark_mode", "dark mode"),
      null: () => "null",
      "a mountain of brackets": () => "[".repeat(500_000),
    };
    const page = await openReady();
    const copies = Object.entries(await page.evaluate(() => ({ ...localStorage })));
    expect(copies).toHaveLength(1);
    await source.stop();
    for (const [what, poison] of Object.entries(poisons)) {
      for (const [key, text] of copies) {
        const entry: [string, string] = [key, poison(text)];
        await page.evaluate(([name, value]) => localStorage.setItem(name, value), entry);
      }
      await page.reload();
      await page.evaluate(() => window.flags.ready);
      expect(await readPage(page), what).toMatchObject({ flags: {}, state: { status: "stale" } });
      expect(await page.evaluate(() => window.flags.isEnabled("meal_planning"))).toBe(false);
    }
    await source.start();
    await page.evaluate(() => window.flags.refresh());
    expect((await readPage(page)).flags).toEqual({ meal_planning: true, dark_mode: false });
    expect(visitor.complaints).toEqual([]);
  });

  test.each([-10, 10])("a clock that is wrong by %d years has no effect", async (years) => {
    await (await openReady()).close();
    await visitor.context.addInitScript((shift) => {
      const now = Date.now;
      Date.now = () => now() + shift;
    }, years * 31_557_600_000);
    source.serve({ meal_planning: false });
    const page = await openReady();
    expect(await page.evaluate(() => window.first)).toEqual({
      meal_planning: true,
      dark_mode: false,
    });
    await page.waitForFunction(() => !window.flags.isEnabled("meal_planning"));
    const { state } = await readPage(page);
    expect(state.status).toBe("ready");
    expect(state.age).toBeGreaterThanOrEqual(0);
  });
});

const breakOff: RequestListener = (_request, response) => {
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "999" });
  response.write('{"environment":');
  setTimeout(() => response.destroy(), 20);
};

function readPage(page: Pick<Page, "evaluate">) {
  return page.evaluate(() => ({ flags: { ...window.flags.all() }, state: window.flags.state }));
}
