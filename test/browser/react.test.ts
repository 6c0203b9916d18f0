/** React over the flags, and React over OpenFeature over the flags, in a real browser. */
import type { Page } from "playwright-core";
import { createElement as h } from "react";
import { renderToString } from "react-dom/server";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { FlagList, Options } from "../../client/core/types.ts";
import { createMemoryFlags } from "../../client/memory.ts";
import { FlagsProvider } from "../../client/react.ts";
import { describeWithChromium, useChromium, type Visitor } from "./chromium.ts";
import { App } from "./pages/app.ts";
import { bundle, pageWith, type Site, startSite } from "./site.ts";
import { listOf, type Source, startSource } from "./source.ts";

describeWithChromium("React in Chromium", () => {
  const chromium = useChromium();
  let pages: Site;
  let source: Source;
  let visitor: Visitor;
  beforeAll(async () => {
    const names = ["react", "hydrate", "openfeature"];
    const scripts = await Promise.all(names.map((name) => bundle(`${name}.ts`)));
    const root = '<div id="root"></div>';
    pages = await startSite({
      ...Object.fromEntries(names.map((name, index) => [`/${name}.js`, scripts[index] ?? ""])),
      "/react": pageWith("/react.js", root),
      "/openfeature": pageWith("/openfeature.js", root),
      "/hydrate": (_request, response) => {
        const bootstrap = listOf({ meal_planning: true, dark_mode: false });
        response.setHeader("Content-Type", "text/html; charset=utf-8");
        response.end(rendered(source.list, bootstrap));
      },
    });
  });
  afterAll(() => pages?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    source = await startSource({ meal_planning: true, dark_mode: false });
    visitor = await chromium.visitor();
    return () => source[Symbol.asyncDispose]();
  });

  test("hydration keeps what the server rendered, even if flags have changed since", async () => {
    source.serve({ meal_planning: false, dark_mode: true });
    const page = await visitor.open(`${pages.url}/hydrate`);
    await page.waitForFunction(() => window.shown.length > 1);
    expect(await page.evaluate(() => window.shown)).toEqual(["Plan your meals", "No plans"]);
    expect(await page.evaluate(() => window.mended)).toEqual([]);
    expect(await page.textContent("#dark")).toBe("dark");
    expect(await page.textContent("#status")).toBe("ready");
    expect(visitor.complaints).toEqual([]);

    // The stored copy now differs from the bootstrap.
    await source.stop();
    await page.reload();
    await page.waitForFunction(() => document.querySelector("#status")?.textContent === "stale");
    expect(await page.evaluate(() => window.mended)).toEqual([]);
    expect(await page.evaluate(() => window.shown[0])).toBe("Plan your meals");
    expect(visitor.complaints).toEqual([]);
  });

  test("a component renders again only if its flag changes", async () => {
    const page = await visitor.open(`${pages.url}/react`);
    await page.waitForSelector("#meal");
    const after = (name: string, isOn: boolean) =>
      page.evaluate(
        async ([name, isOn]) => {
          const before = { ...window.renders };
          window.memory.set(name, isOn);
          await new Promise((resolve) => setTimeout(resolve));
          const { Meal, Dark, All } = window.renders;
          return [Meal - before.Meal, Dark - before.Dark, All - before.All];
        },
        [name, isOn] as const,
      );
    expect(await after("meal_planning", false)).toEqual([1, 0, 1]);
    expect(await page.textContent("#meal")).toBe("No plans");
    expect(await after("dark_mode", true)).toEqual([0, 1, 1]);
    expect(await after("something_else", true)).toEqual([0, 0, 1]);
    expect(await after("meal_planning", false)).toEqual([0, 0, 0]);
    const { renders, evaluations } = await page.evaluate(() => ({
      renders: window.renders,
      evaluations: window.evaluations,
    }));
    expect(evaluations).toEqual({ meal_planning: renders.Meal, dark_mode: renders.Dark });
    expect(visitor.complaints).toEqual([]);
  });

  test("a change during a slow render never shows two values of one flag", async () => {
    const page = await visitor.open(`${pages.url}/react`);
    await page.waitForSelector("#meal");
    expect(await page.evaluate(() => window.tear())).toEqual(["0 before the flip", "on"]);
    expect(visitor.complaints).toEqual([]);
  });

  test("OpenFeature's React SDK shows flags, changes and the state of the source", async () => {
    const page = await visitor.open(openFeatureUrl({ refreshSeconds: 0.2 }));
    await hasTexts(page, { meal: "true STATIC", dark: "false", status: "READY" });
    expect(await page.textContent("#other")).toBe("true FLAG_NOT_FOUND, blue TYPE_MISMATCH");

    source.serve({ meal_planning: false, dark_mode: false });
    await hasTexts(page, { meal: "false STATIC", dark: "false" });

    await source.stop();
    await hasTexts(page, { meal: "false STALE", status: "STALE" });
    await source.start();
    await page.evaluate(() => window.flags.refresh());
    await hasTexts(page, { status: "READY" });

    await page.evaluate(() => window.leave());
    const requestCount = source.requests.length;
    await page.evaluate(() => window.flags.refresh());
    expect(source.requests.length).toBe(requestCount);
    expect(visitor.complaints).toEqual(["Bunting: unknown flag no_such_flag"]);
  });

  test("OpenFeature's React SDK starts a second visit with the stored flags", async () => {
    const first = await visitor.open(openFeatureUrl());
    await hasTexts(first, { meal: "true STATIC" });
    await first.close();
    await source.stop();
    const page = await visitor.open(openFeatureUrl());
    await hasTexts(page, { meal: "true", status: "STALE" });
    expect(await page.evaluate(() => window.drawn[0])).toMatch(/^true /);
    expect([...new Set(visitor.complaints)]).toEqual(["Bunting: unknown flag no_such_flag"]);
  });

  test("OpenFeature's React SDK uses defaults if there are no flags at all", async () => {
    await source.stop();
    const page = await visitor.open(openFeatureUrl());
    await hasTexts(page, { meal: "false FLAG_NOT_FOUND", dark: "true", status: "ERROR" });
    await source.start();
    await page.evaluate(() => window.flags.refresh());
    await hasTexts(page, { meal: "true STATIC", dark: "false", status: "READY" });
  });

  function openFeatureUrl(options: Partial<Options> = {}): string {
    const all = { url: source.list, refreshSeconds: 3_600, ...options };
    return `${pages.url}/openfeature?options=${encodeURIComponent(JSON.stringify(all))}`;
  }
});

function rendered(url: string, bootstrap: FlagList): string {
  const flags = createMemoryFlags(bootstrap.flags);
  const html = renderToString(h(FlagsProvider, { flags }, h(App)));
  const data = JSON.stringify({ url, bootstrap });
  return pageWith(
    "/hydrate.js",
    `<div id="root">${html}</div><script type="application/json" id="data">${data}</script>`,
  );
}

/** Waits until each of the page's elements begins with its text. */
async function hasTexts(page: Page, texts: Readonly<Record<string, string>>): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      Object.entries(wanted).every(([id, text]) =>
        document.querySelector(`#${id}`)?.textContent?.startsWith(text),
      ),
    texts,
  );
}
