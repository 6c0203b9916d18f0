/** Percentages, rules and variants in a browser, without any server but the one of the files. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { evaluate } from "../../schema/evaluate/evaluate.ts";
import { describeWithChromium, useChromium, type Visitor } from "./chromium.ts";
import { bundle, pageWith, type Site, startSite } from "./site.ts";
import { json, listOf } from "./source.ts";

const definitions = {
  environment: "application",
  flags: {
    button: {
      enabled: true,
      variants: [
        ["green", "#00aa77"],
        ["orange", "#dd5500"],
      ],
    },
    new_checkout: {
      enabled: true,
      rollout: 0,
      rules: [{ name: "nordic", if: [["country", "in", ["SE", "DK"]]], rollout: 100 }],
    },
  },
} as const;

describeWithChromium("createFlags() with rules in Chromium", () => {
  const chromium = useChromium();
  let pages: Site;
  let visitor: Visitor;
  let isUp = true;
  beforeAll(async () => {
    const answer = (body: unknown) => {
      const listener = json(JSON.stringify(body));
      return ((request, response) =>
        isUp ? listener(request, response) : response.destroy()) as typeof listener;
    };
    pages = await startSite({
      "/": pageWith("/rules.js", '<div id="root"></div>'),
      "/rules.js": await bundle("rules.ts"),
      "/v1/feature-flags/": answer(listOf({ button: false, new_checkout: false })),
      "/v1/definitions.json": answer(definitions),
    });
  });
  afterAll(() => pages?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    isUp = true;
    visitor = await chromium.visitor();
  });

  async function open(options: Record<string, unknown>): Promise<Page> {
    const all = { url: "/v1/feature-flags/", refreshSeconds: 3_600, ...options };
    const page = await visitor.open(
      `${pages.url}/?options=${encodeURIComponent(JSON.stringify(all))}`,
    );
    await page.evaluate(() => window.rules.ready);
    return page;
  }

  const shows = (page: Page, text: string) =>
    page.waitForFunction(
      (wanted) => document.querySelector("#text")?.textContent?.startsWith(wanted),
      text,
    );

  test("React renders the caller's flags and variants, and renders again after setContext()", async () => {
    const page = await open({ context: { targetingKey: "ada", country: "SE" } });
    const button = evaluate(definitions, "button", { targetingKey: "ada" }).variant;
    await shows(page, `new checkout, ${button} button`);
    expect(await page.textContent("code")).toBe('{"button":false,"new_checkout":true}');
    await page.evaluate(() => window.rules.setContext({ targetingKey: "ada", country: "FR" }));
    await shows(page, `old checkout, ${button} button`);
    expect(visitor.complaints).toEqual([]);
  });

  test("a visitor without an id gets the same variant on the next visit, without the network, too", async () => {
    const first = await open({ context: { country: "DK" } });
    const seen = await first.evaluate(() => window.rules.variant("button", "none"));
    expect(seen).toMatch(/^(green|orange)$/);
    await first.close();
    isUp = false;
    const second = await open({ context: { country: "DK" } });
    await shows(second, `new checkout, ${seen} button`);
    expect(await second.evaluate(() => localStorage.getItem("bunting-id"))).toMatch(/^[\d-]+$/);
    expect(visitor.complaints).toEqual([]);
  });
});
