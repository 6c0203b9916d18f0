import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseManifest } from "../../../schema/compile/manifest.ts";
import { type S3Double, startS3Double } from "../../s3/double.ts";
import { WatchedTarget } from "../target/watched-target.ts";
import { findWrong, flag, History, type OpenSite, S3Site, siteKinds } from "./publishing.ts";

const manifest = "/manifest.json";
const reason = "checkout is down";

const history = new History();
const others = { barcode_scanner: true, data_export: true };
const good = history.commit({
  ...others,
  meal_planning: true,
  food_search: false,
  water_tracking: false,
});
const between = history.commit({ water_tracking: true });
const bad = history.commit({ food_search: true });
history.made.switch("reverted");
const reverted = history.commit({ food_search: false, water_tracking: false });
history.made.switch("main");
const later = history.commit({ meal_planning: flag(true, "Plan meals") });
history.made.git("switch", "--quiet", "--orphan", "other");
const unrelated = history.commit({
  ...others,
  meal_planning: true,
  food_search: false,
  water_tracking: true,
});
history.made.switch("main");

let double: S3Double;
beforeAll(async () => {
  double = await startS3Double({ bucket: "flags" });
});
afterAll(() => double?.close());

describe.each(siteKinds(() => double))("publish() to %s", (_kind, newSite) => {
  let site: OpenSite;
  beforeEach(async () => {
    site = newSite();
    await history.publish(site.open(), bad);
  });

  const served = () => parseManifest(site.bodies().get(manifest) ?? "");
  const rollBack = (commit = good) => history.publish(site.open(), commit, { rollback: reason });

  async function refuses(commit: string): Promise<string> {
    const target = new WatchedTarget(site.open());
    const outcome = await history.publish(target, commit);
    expect(outcome.status).toBe("refused");
    expect(target.changes).toEqual([]);
    return outcome.refusals.join("\n");
  }

  test("rolls back with a reason, and records it", async () => {
    expect(await refuses(good)).toContain("--rollback");
    expect(await rollBack()).toMatchObject({ status: "published", before: bad });
    expect(await findWrong(site, history, good)).toEqual([]);
    expect(served()?.rollback).toEqual({ from: bad, reason });
    for (const [path, { metadata }] of site.headers() ?? []) {
      const isChanged = path === manifest || path.includes("food_search") || path.endsWith("/");
      if (isChanged) expect(metadata).toMatchObject({ commit: good, supersedes: bad });
    }
  });

  test("records no rollback if it goes forward", async () => {
    await history.publish(site.open(), later, { rollback: "not needed" });
    expect(served()).toMatchObject({ commit: later });
    expect(served()?.rollback).toBeUndefined();
  });

  test("refuses the commit that was rolled back, until allowed", async () => {
    await rollBack();
    const refusal = await refuses(bad);
    expect(refusal).toContain(reason);
    expect(refusal).toContain("--allow");
    await history.publish(site.open(), bad, { allow: "checkout is up" });
    expect(await findWrong(site, history, bad)).toEqual([]);
    expect(served()).toMatchObject({ allowed: "checkout is up" });
    expect(served()?.rollback).toBeUndefined();
  });

  test("refuses the commits in between", async () => {
    await rollBack();
    expect(await refuses(between)).toContain("--rollback");
  });

  test("refuses a descendant with the rolled-back changes", async () => {
    await rollBack();
    const refusal = await refuses(later);
    expect(refusal).toContain("food_search, water_tracking");
    await history.publish(site.open(), later, { allow: "mended" });
    expect(await findWrong(site, history, later)).toEqual([]);
  });

  test("publishes a descendant that reverts the rolled-back changes", async () => {
    await rollBack();
    expect(await history.publish(site.open(), reverted)).toMatchObject({ status: "published" });
    expect(await findWrong(site, history, reverted)).toEqual([]);
    expect(served()?.rollback).toBeUndefined();
  });

  test("keeps a rollback that it repairs", async () => {
    await rollBack();
    site.change("/v1/feature-flags/food_search", "changed");
    expect(await history.publish(site.open(), good)).toMatchObject({ status: "published" });
    expect(await findWrong(site, history, good)).toEqual([]);
    expect(served()?.rollback).toEqual({ from: bad, reason });
    expect(await history.publish(site.open(), good)).toMatchObject({ status: "unchanged" });
    await refuses(bad);
    await refuses(later);
  });

  test("rolls back further, and still records the newest commit", async () => {
    await rollBack(between);
    expect(await rollBack(good)).toMatchObject({ status: "published" });
    expect(served()).toMatchObject({ commit: good, rollback: { from: bad, reason } });
    await refuses(between);
    await refuses(bad);
  });

  test("rolls back to an unrelated commit, and publishes its descendants", async () => {
    await rollBack(unrelated);
    expect(await findWrong(site, history, unrelated)).toEqual([]);
    expect(await refuses(later)).toContain("food_search");
    await history.publish(site.open(), reverted, { allow: "on purpose" });
    expect(await findWrong(site, history, reverted)).toEqual([]);
  });

  test("refuses if the clone lacks the commit that is served after a rollback", async () => {
    await rollBack(unrelated);
    const single = new History(history.made.clone());
    single.made.git("update-ref", "-d", "refs/remotes/origin/other");
    single.made.git("reflog", "expire", "--expire=now", "--all");
    single.made.git("gc", "--quiet", "--prune=now");
    const outcome = await single.publish(site.open(), later);
    expect(outcome.status).toBe("refused");
  });

  test("repairs an interrupted rollback if it runs again", async () => {
    let changes = 0;
    const dying = new WatchedTarget(site.open(), {
      before: () => {
        changes += 1;
        if (changes > 4) throw new Error("died");
      },
    });
    await expect(history.publish(dying, good, { rollback: reason })).rejects.toThrow("died");
    expect(await rollBack()).toMatchObject({ status: "published" });
    expect(await findWrong(site, history, good)).toEqual([]);
    expect(served()?.rollback).toEqual({ from: bad, reason });
  });
});

test("publish() to S3 respects a rollback whose manifest was lost", async () => {
  const site = new S3Site(double);
  await history.publish(site.open(), bad);
  await history.publish(site.open(), good, { rollback: reason });
  site.change(manifest, undefined);
  expect(await history.publish(site.open(), bad)).toMatchObject({ status: "refused" });
  expect(await history.publish(site.open(), later)).toMatchObject({ status: "refused" });
  expect(await history.publish(site.open(), good)).toMatchObject({ status: "published" });
  const { rollback } = parseManifest(site.bodies().get(manifest) ?? "") ?? {};
  expect(rollback).toMatchObject({ from: bad });
});
