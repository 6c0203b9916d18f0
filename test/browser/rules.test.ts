/** Percentages, rules and variants in a browser, with only a file server. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { fileOf } from "../../schema/compile/urls.ts";
import { evaluate } from "../../schema/evaluate/evaluate.ts";
import { temporaryDirectory, testRepository } from "../git/repository.ts";
import { runScript } from "../scripts/setup/run.ts";
import { describeWithChromium, useChromium, type Visitor } from "./chromium.ts";
import { bundle, type Content, pageWith, type Site, startSite } from "./site.ts";
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

  test("a component renders again only if its flag or variant changes for the caller", async () => {
    const ids = Array.from({ length: 20 }, (_, at) => `user-${at}`);
    const variantOf = (id: string) => evaluate(definitions, "button", { targetingKey: id }).variant;
    const [first = "", same = ""] = ids.filter((id) => variantOf(id) === "green");
    const other = ids.find((id) => variantOf(id) === "orange") ?? "";
    const page = await open({ context: { targetingKey: first, country: "SE" } });
    await shows(page, "new checkout, green button");
    const after = (targetingKey: string, country: string) =>
      page.evaluate(
        async (context) => {
          const before = { ...window.ruleRenders };
          window.rules.setContext(context);
          await new Promise((resolve) => setTimeout(resolve, 50));
          const { checkout, button } = window.ruleRenders;
          return [checkout - before.checkout, button - before.button];
        },
        { targetingKey, country },
      );
    expect(await after(first, "FR")).toEqual([1, 0]);
    expect(await after(other, "FR")).toEqual([0, 1]);
    expect(await after(other, "NO")).toEqual([0, 0]);
    expect(await after(same, "DK")).toEqual([1, 1]);
    // Each caller sees each variant once, however often the page renders it.
    expect(await page.evaluate(() => window.exposures)).toEqual([
      ...["new_checkout on", "button green", "button orange", "new_checkout on", "button green"],
    ]);
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

  test("a page over a published directory shows a percentage and a variant, and those of the next caller", async () => {
    const repository = testRepository();
    repository.change(1_725_105_600, {
      "bunting.yaml": "format: 4\nenvironments: [production]\npublish: { definitions: true }\n",
      "flags/shop/new_checkout.yaml":
        "description: One step\nenabled: true\nrollout: 50\nowner: shop\n",
      "flags/shop/button.yaml":
        "description: A colour\ntype: experiment\nenabled: true\nvariants:\n  green: a\n  orange: b\nowner: shop\nexpires: 2027-02-28\n",
    });
    const published = temporaryDirectory();
    const ran = await runScript("publish", ["--to", published], { in: repository.directory });
    expect(ran).toMatchObject({ code: 0 });
    const read = (urlPath: string) => readFileSync(path.join(published, fileOf(urlPath)), "utf8");
    const serve = (urlPath: string): Content => json(read(urlPath));
    await using site = await startSite({
      "/": pageWith("/rules.js", '<div id="root"></div>'),
      "/rules.js": await bundle("rules.ts"),
      "/v1/feature-flags/": serve("/v1/feature-flags/"),
      "/v1/definitions.json": serve("/v1/definitions.json"),
    });
    const options = { url: "/v1/feature-flags/", context: { targetingKey: "user-0" } };
    const page = await visitor.open(
      `${site.url}/?options=${encodeURIComponent(JSON.stringify(options))}`,
    );
    const decided = JSON.parse(read("/v1/definitions.json"));
    const seen = new Set<string>();
    for (let user = 0; user < 20; user++) {
      const context = { targetingKey: `user-${user}` };
      const isNew = evaluate(decided, "new_checkout", context).value;
      const colour = evaluate(decided, "button", context).variant;
      const expected = `${isNew ? "new" : "old"} checkout, ${colour} button`;
      await page.evaluate((context) => window.rules.setContext(context), context);
      await shows(page, expected);
      seen.add(expected);
    }
    expect(seen.size).toBe(4);
    expect(visitor.complaints).toEqual([]);
  });
});
