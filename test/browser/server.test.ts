/** A page with the real server and the real CDN shows committed changes. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { Options } from "../../client/core/types.ts";
import { describeWithNginx, startEdge } from "../cdn/edge.ts";
import { type OwnApi, startService, until } from "../server/setup/api.ts";
import { describeWithChromium, useChromium, type Visitor } from "./chromium.ts";
import { bundle, pageWith, type Site, startSite } from "./site.ts";
import { listOf } from "./source.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;

describeWithChromium("a page", () => {
  const chromium = useChromium();
  let pages: Site;
  let visitor: Visitor;
  beforeAll(async () => {
    const script = await bundle("flags.ts");
    pages = await startSite({ "/": pageWith("/flags.js"), "/flags.js": script });
  });
  afterAll(() => pages?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    visitor = await chromium.visitor();
  });

  async function open(options: Options): Promise<Page> {
    const all = { refreshSeconds: 3_600, ...options };
    const page = await visitor.open(
      `${pages.url}/?options=${encodeURIComponent(JSON.stringify(all))}`,
    );
    await page.evaluate(() => window.flags.ready);
    return page;
  }

  /** Waits until the flag has this value, without a reload. */
  async function sees(page: Page, name: string, isOn: boolean): Promise<void> {
    await page.waitForFunction(([flag, on]) => window.flags.all()[flag] === on, [
      name,
      isOn,
    ] as const);
  }

  async function startApi(env: Readonly<Record<string, string>> = {}): Promise<OwnApi> {
    return startService({ env: { FLAGS_CORS_ORIGINS: pages.url, ...env } });
  }

  test("of the server shows a change by its event stream, with the token in a header", async () => {
    const api = await startApi();
    const token = api.tokens.of("reader");
    const page = await open({ url: api.url + list, token, stream: true });
    await sees(page, "meal_planning", true);
    const change = { body: { enabled: false } };
    expect((await api.ask(`PUT ${meal}`, change)).status).toBe(200);
    await sees(page, "meal_planning", false);
    api.remote.push({ "flags/platform/dark_mode.yaml": "enabled: true\n" });
    await api.sync();
    await sees(page, "dark_mode", true);
    expect(visitor.complaints).toEqual([]);
  });

  test("of the server shows a change by polling, with the token in a header", async () => {
    const api = await startApi();
    const token = api.tokens.of("reader");
    const page = await open({ url: api.url + list, token, refreshSeconds: 0.3 });
    await sees(page, "meal_planning", true);
    await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    await sees(page, "meal_planning", false);
    expect(await page.evaluate(() => window.flags.state.status)).toBe("ready");
    expect(visitor.complaints).toEqual([]);
  });

  test("of the server is refused without a token, with a hint", async () => {
    const api = await startApi();
    const page = await open({ url: api.url + list });
    expect(await page.evaluate(() => window.flags.state)).toMatchObject({
      status: "stale",
      reason: "status",
    });
    await expect
      .poll(() => visitor.complaints)
      .toEqual([
        `Bunting: cannot fetch the flags: ${api.url}${list} requires a token. Pass one: createFlags({ url, token })`,
      ]);
  });

  test("that is left sends its counts to the server", async () => {
    const api = await startApi({ FLAGS_USAGE: "anonymous" });
    const token = api.tokens.of("reader");
    const url = api.url + list;
    const page = await open({ url, token, reportTo: `${api.url}/v1/usage`, storage: null });
    await page.evaluate(() => {
      for (let time = 0; time < 3; time += 1) window.flags.isEnabled("meal_planning");
      window.flags.isEnabled("no_such_flag");
    });
    await page.goto("about:blank");
    await until(async () => {
      const { flags, unknown } = (await api.ask("GET /v1/usage")).json;
      const counted = flags.find(({ name }: { name: string }) => name === "meal_planning");
      return (
        counted.environments.application?.evaluations === 3 && unknown[0]?.name === "no_such_flag"
      );
    });
  });

  describeWithNginx("behind nginx", () => {
    test("shows what was changed through the API, committed and published to S3", async () => {
      await using edge = await startEdge();
      vi.stubEnv("AWS_ENDPOINT_URL_S3", edge.s3.endpoint);
      vi.stubEnv("AWS_REGION", edge.s3.region);
      vi.stubEnv("AWS_ACCESS_KEY_ID", edge.s3.credentials.accessKeyId);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", edge.s3.credentials.secretAccessKey);
      const api = await startApi({ FLAGS_PUBLISH: "s3://flags" });
      await api.ask(`PUT ${meal}`, { body: { enabled: false } });
      const key = list.slice(1);
      await until(() => `${edge.s3.objects.get(key)?.body}`.includes('"meal_planning":false'));
      const page = await open({ url: edge.url + list, environment: "application" });
      await sees(page, "meal_planning", false);
      await sees(page, "user_notifications", true);
      expect(edge.originStatuses(key).length).toBeGreaterThan(0);
      expect(visitor.complaints).toEqual([]);
    });

    test("shows a change, and keeps working without the bucket", async () => {
      await using edge = await startEdge();
      const key = list.slice(1);
      const publish = (flags: Readonly<Record<string, boolean>>, changes: number) =>
        edge.put(
          key,
          JSON.stringify(listOf(flags, changes)),
          "public, max-age=1, stale-if-error=99",
        );
      publish({ meal_planning: true }, 0);
      const page = await open({ url: edge.url + list, refreshSeconds: 0.3 });
      await sees(page, "meal_planning", true);
      publish({ meal_planning: false }, 1);
      await sees(page, "meal_planning", false);

      await edge.s3.close();
      await page.evaluate(() => window.flags.refresh());
      const stale = page.waitForResponse(
        (response) => response.headers()["x-cache-status"] === "STALE",
      );
      await stale;
      await page.evaluate(() => window.flags.refresh());
      expect(await page.evaluate(() => window.flags.state.status)).toBe("ready");
      await sees(page, "meal_planning", false);
      expect(visitor.complaints).toEqual([]);
    });
  });
});
