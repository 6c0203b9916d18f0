import { beforeAll, describe, expect, test } from "vitest";
import { storedObject } from "../s3/double.ts";
import { conclusionsOf } from "./site/conclusions.ts";
import { publishHead } from "./site/publish-head.ts";
import { type Site, startSite } from "./site/site.ts";

/** Timeout of a test that runs workflows on a busy machine. */
const timeoutMs = 400_000;

let site: Site;
beforeAll(async () => {
  site = await startSite();
});

describe.sequential("drift.yml", () => {
  test("is skipped if CDN_URL is not set", async () => {
    const { CDN_URL = "" } = site.vars[""] ?? {};
    site.vars[""] = {};
    const run = await site.runScheduled("Drift");
    site.vars[""] = { CDN_URL };
    expect(run.conclusion).toBe("skipped");
  });

  test("opens one issue if the CDN serves other bytes, and closes it when the CDN is correct", {
    timeout: timeoutMs,
  }, async () => {
    await publishHead(site);
    const key = "live/v1/feature-flags/meal_planning";
    const right = site.s3.objects.get(key);
    site.s3.objects.set(
      key,
      storedObject('{"name":"meal_planning","enabled":false}', { contentType: "application/json" }),
    );
    site.cdn.invalidate();
    // The issue informs people; the failed run informs those who watch runs.
    expect((await site.runScheduled("Drift")).conclusion).toBe("failure");
    expect(issues()).toEqual(["open"]);
    const [issue] = [...site.github.state.issues.values()];
    expect(issue?.body).toContain("meal_planning");

    if (right) site.s3.objects.set(key, right);
    site.cdn.invalidate();
    expect(conclusionsOf([await site.runScheduled("Drift")])).toEqual({ Drift: "success" });
    expect(issues()).toEqual(["closed"]);
  });
});

function issues(): string[] {
  return [...site.github.state.issues.values()].map(({ state }) => state);
}
