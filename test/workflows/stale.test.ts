import { mkdirSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory, testRepository } from "../git/repository.ts";
import { conclusionsOf } from "./site/conclusions.ts";
import { type Site, startSite } from "./site/site.ts";

/** Timeout of a test that runs workflows on a busy machine. */
const timeoutMs = 240_000;

let site: Site;
beforeAll(async () => {
  site = await startSite();
});

describe.sequential("stale.yml", () => {
  test("opens an issue for a stale flag once, with the code that uses it", {
    timeout: timeoutMs,
  }, async () => {
    site.vars[""] = { ...site.vars[""], STALE_SOURCES: "mealtrack/web" };
    site.serverUrl = hostSources();
    const before = new Set(site.github.state.issues.keys());
    const run = await site.runScheduled("Stale");
    expect(conclusionsOf([run])).toEqual({ Stale: "success" });
    expect(run.jobs["pull-requests"]?.result).toBe("skipped");
    const opened = [...site.github.state.issues.values()].filter(
      ({ number }) => !before.has(number),
    );
    expect(opened).toHaveLength(1);
    expect(opened[0]?.title).toContain("food_search");
    expect(opened[0]?.body).toContain("src/search.ts");
    expect(opened[0]?.pull).toBeUndefined();

    await site.runScheduled("Stale");
    expect(site.github.state.issues.size).toBe(before.size + 1);
  });

  test("opens a pull request if the variable is set and no code names the flag, in a job with the permission", {
    timeout: timeoutMs,
  }, async () => {
    site.vars[""] = { ...site.vars[""], STALE_AS: "pull-requests", STALE_SOURCES: "mealtrack/app" };
    const before = new Set(site.github.state.issues.keys());
    const run = await site.runScheduled("Stale");
    expect(conclusionsOf([run])).toEqual({ Stale: "success" });
    expect(run.jobs.issues?.result).toBe("skipped");
    const opened = [...site.github.state.issues.values()].filter(
      ({ number, pull }) => pull && !before.has(number),
    );
    expect(opened).toHaveLength(1);
    const diff = `main..${opened[0]?.pull?.branch}`;
    expect(site.origin.bare.git("diff", "--name-status", diff)).toBe(
      "D\tflags/platform/food_search.yaml",
    );
  });
});

/** A repository that names one of the flags and one that does not, where `git clone` finds them. */
function hostSources(): string {
  const folder = temporaryDirectory();
  const source = testRepository();
  const publish = (name: string, code: string) => {
    source.change(1_790_000_000, { "src/search.ts": code });
    source.git("clone", "--quiet", "--bare", source.directory, path.join(folder, name));
  };
  mkdirSync(path.join(folder, "mealtrack"));
  publish("mealtrack/web", 'if (isEnabled("food_search")) search();\n');
  publish("mealtrack/app", "search();\n");
  return `file://${folder}`;
}
