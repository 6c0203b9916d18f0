import { beforeAll, describe, expect, test } from "vitest";
import { conclusionsOf } from "./site/conclusions.ts";
import { publishHead } from "./site/publish-head.ts";
import { type Site, startSite } from "./site/site.ts";

/** Timeout of a test that runs workflows on a busy machine. */
const timeoutMs = 400_000;

let site: Site;
beforeAll(async () => {
  site = await startSite();
});

describe.sequential("schedule.yml", () => {
  test("does nothing while no step is due", { timeout: timeoutMs }, async () => {
    await publishHead(site);
    const before = site.head;
    const run = await site.runScheduled("Schedule");
    expect(conclusionsOf([run])).toEqual({ Schedule: "success" });
    expect(run.jobs.publish?.result).toBe("skipped");
    expect(site.head).toBe(before);
  });

  test("applies a step that is due, pushes it and publishes it", {
    timeout: timeoutMs,
  }, async () => {
    const file = "flags/nutrition/meal_planning.yaml";
    const flag = "description: Plan meals\nenabled: true\nowner: nutrition\ntype: permission\n";
    site.branch("main", {
      [file]: `${flag}schedule:\n  - { at: 2026-01-11T08:00:00Z, enabled: false }\n`,
    });
    const before = site.head;
    const run = await site.runScheduled("Schedule");
    expect(conclusionsOf([run])).toEqual({ Schedule: "success" });
    expect(run.jobs.publish?.result).toBe("success");
    const { bare } = site.origin;
    expect(bare.git("log", "--format=%an %s", `${before}..main`)).toBe("Ada Disable meal_planning");
    expect(bare.git("show", `main:${file}`)).toBe(flag.replace("true", "false").trimEnd());
    expect(await site.served("/v1/feature-flags/meal_planning")).toMatchObject({ enabled: false });
  });
});
