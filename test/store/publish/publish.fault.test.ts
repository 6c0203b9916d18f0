import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type S3Double, startS3Double } from "../../s3/double.ts";
import { noLimits } from "./no-limits.ts";
import { findWrong, History, S3Site } from "./publishing.ts";

const history = new History();
const old = history.commit({ meal_planning: true, food_search: false, data_export: true });
const next = history.commit({ food_search: true });
const removing = history.commit({ data_export: null });

const bold = { limits: noLimits };
/** A shorter timeout than 15 s, for tests; all other settings are the defaults. */
const impatient = { requestTimeout: 2_500, socketTimeout: 2_500, throwOnRequestTimeout: true };
/**
 * The requests of a publication: the manifest, three lists, one page of objects; then three flags, three
 * lists, the manifest.
 */
const requests = 4 + 1 + 3 + 3 + 1;

let double: S3Double;
let served: S3Site;
beforeAll(async () => {
  double = await startS3Double({ bucket: "flags" });
  served = new S3Site(double);
  await history.publish(served.open(), old);
});
afterAll(() => double?.close());

const kinds = ["AccessDenied", "InternalError", "SlowDown", "hang", "drop", "drop-after"] as const;

/** Lets the `nth` request to `site` fail: that one, or from then on until the fault is lifted. */
function fail(
  site: S3Site,
  kind: (typeof kinds)[number],
  nth: number,
  times: number,
): { lift(): number } {
  let [seen, hits] = [0, 0];
  let isLifted = false;
  double.fault({
    kind,
    times,
    match({ key, query }) {
      if (isLifted || !(key || query.get("prefix") || "").startsWith(site.prefix)) return false;
      seen += 1;
      if (seen >= nth) hits += 1;
      return seen >= nth;
    },
  });
  return {
    lift() {
      isLifted = true;
      return hits;
    },
  };
}

/** `count` sites with the old release. */
function newSites(kind: (typeof kinds)[number], length: number): S3Site[] {
  return Array.from({ length }, () => {
    const site = new S3Site(double, kind === "hang" ? { requestHandler: impatient } : {});
    site.fillFrom(served);
    return site;
  });
}

// Concurrently, because most of the time is waiting.
describe.concurrent.each(kinds)("publish() when S3 answers with %s", (kind) => {
  test("once, at any request, succeeds", async () => {
    const sites = newSites(kind, requests);
    const runs = sites.map(async (site, at) => {
      const fault = fail(site, kind, at + 1, 1);
      expect(await history.publish(site.open(), next, bold)).toMatchObject({ status: "published" });
      expect(fault.lift()).toBe(1);
      expect(await findWrong(site, history, next)).toEqual([]);
    });
    await Promise.all(runs);
  });

  test("from any request on, fails with a message, damages nothing, and the next one completes", async () => {
    const sites = newSites(kind, requests);
    const runs = sites.map(async (site, at) => {
      const fault = fail(site, kind, at + 1, Number.POSITIVE_INFINITY);
      const error = await history.publish(site.open(), next, bold).catch((reason) => reason);
      const hits = fault.lift();
      expect(String(error)).toMatch(
        new RegExp(`^Error: Cannot (read|list|write) .*"${site.name}": \\w+`),
      );
      // Five attempts for each request in progress.
      expect(hits).toBeLessThanOrEqual(5 * 5);
      await expectWhole(site);
      await history.publish(site.open(), next, bold);
      expect(await findWrong(site, history, next)).toEqual([]);
    });
    await Promise.all(runs);
  });

  test("to a removal, once or from then on, damages nothing", async () => {
    const sites = newSites(kind, 2);
    const runs = sites.map(async (site, at) => {
      const times = at === 0 ? 1 : Number.POSITIVE_INFINITY;
      const fault = fail(site, kind, 4 + 1 + 3 + 3 + 2, times);
      const outcome = history.publish(site.open(), removing, { ...bold, concurrency: 1 });
      if (times === 1) expect(await outcome).toMatchObject({ status: "published" });
      else await expect(outcome).rejects.toThrow(`Cannot remove "/`);
      fault.lift();
      await history.publish(site.open(), removing, bold);
      expect(await findWrong(site, history, removing)).toEqual([]);
    });
    await Promise.all(runs);
  });
});

/** Every object is the old or the new one. */
async function expectWhole(site: S3Site): Promise<void> {
  const [before, after] = await Promise.all([history.release(old), history.release(next)]);
  const known = new Set(
    [...before.responses, ...after.responses].map(({ path, body }) => `${path} ${body}`),
  );
  const bodies = site.bodies();
  expect(() => JSON.parse(bodies.get("/manifest.json") ?? "")).not.toThrow();
  bodies.delete("/manifest.json");
  expect([...bodies].map((entry) => entry.join(" ")).filter((one) => !known.has(one))).toEqual([]);
  expect(bodies.size).toBe(after.responses.length);
}

test("publish() restores what it deleted after a newer publisher, on a store that ignores If-Match on DELETE", async () => {
  await using careless = await startS3Double({ bucket: "flags", ignoresConditionOnDelete: true });
  const aba = new History();
  const [first, without, again] = [
    aba.commit({ meal_planning: true, data_export: true }, 0),
    aba.commit({ data_export: null }, 0),
    aba.commit({ data_export: true }, 0),
  ];
  const site = new S3Site(careless);
  await aba.publish(site.open(), first, bold);
  // The older publisher checks the object, the newer one skips it, then the DELETE arrives.
  careless.fault({ kind: { delay: 1_000 }, match: ({ method }) => method === "DELETE", times: 3 });
  const older = aba.publish(site.open(), without, bold);
  await expect.poll(() => careless.requests.some(({ method }) => method === "DELETE")).toBe(true);
  await aba.publish(site.open(), again, bold);
  expect(await findWrong(site, aba, again)).toEqual([]);
  expect(await older).toMatchObject({ status: "refused", left: [] });
  expect(await findWrong(site, aba, again)).toEqual([]);
});
