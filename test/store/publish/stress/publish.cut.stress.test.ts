import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type S3Double, startS3Double } from "../../../s3/double.ts";
import { failAtChange, WatchedTarget } from "../../target/watched-target.ts";
import { findWrong, History, type Site, siteKinds } from "../publishing.ts";

const history = new History();
const old = history.commit({ meal_planning: true, food_search: false, data_export: false });
const next = history.commit({ food_search: true, heart_rate: true, data_export: null });
const changes = 2 * 3 + 3 + 3 + 1;

let double: S3Double;
beforeAll(async () => {
  double = await startS3Double({ bucket: "flags" });
});
afterAll(() => double?.close());

describe.each(siteKinds(() => double))("publish() to %s", (_kind, newSite) => {
  test.each([
    ["before", 1],
    ["after", 1],
    ["after", 16],
  ] as const)(
    "may be killed %s any of its changes, with concurrency %i",
    async (when, concurrency) => {
      for (let nth = 1; nth <= changes; nth++) {
        const site = newSite();
        await history.publish(site.open(), old, { allow: "small" });
        const target = new WatchedTarget(site.open(), failAtChange(nth, when));
        const dying = history.publish(target, next, { allow: "small", concurrency });
        await expect(dying).rejects.toThrow(`died at change ${nth}`);
        await expectWhole(site, `${nth}`);

        const { status } = await history.publish(site.open(), next, { allow: "small" });
        const isThere = when === "after" && nth === changes;
        expect(status).toBe(isThere ? "unchanged" : "published");
        expect(await findWrong(site, history, next)).toEqual([]);
        expect(await history.publish(site.open(), next)).toMatchObject({ status: "unchanged" });
      }
    },
  );

  test("makes as many changes as the test above expects", async () => {
    const site = newSite();
    await history.publish(site.open(), old);
    const target = new WatchedTarget(site.open());
    await history.publish(target, next, { allow: "small" });
    expect(target.changes.length).toBe(changes);
  });
});

/**
 * Each object is the old one or the new one. A list is new only if each of its flags is new, a flag is
 * gone only if no list names it, and the manifest is new only if everything is.
 */
async function expectWhole(site: Site, message: string): Promise<void> {
  const [before, after] = await Promise.all([bodiesOf(old), bodiesOf(next)]);
  const bodies = site.bodies();
  const manifest = JSON.parse(bodies.get("/manifest.json") ?? "");
  const paths = [...new Set([...before.keys(), ...after.keys()])];
  const isNew = (path: string) => bodies.get(path) === after.get(path);
  const isOld = (path: string) => bodies.get(path) === before.get(path);

  expect(
    paths.filter((path) => !isNew(path) && !isOld(path)),
    message,
  ).toEqual([]);
  expect(
    [...bodies.keys()].filter((path) => !paths.includes(path)),
    message,
  ).toEqual(["/manifest.json"]);
  const put = [...after.keys()].filter((path) => before.get(path) !== after.get(path));
  const flagsArrived = put.filter((path) => !path.endsWith("/")).every(isNew);
  const listsArrived = put.filter((path) => path.endsWith("/")).every(isNew);
  const aListArrived = put.filter((path) => path.endsWith("/")).some(isNew);
  const gone = [...before.keys()].filter((path) => !after.has(path) && isNew(path));
  if (aListArrived) expect(flagsArrived, message).toBe(true);
  if (gone.length > 0) expect(listsArrived, message).toBe(true);
  if (manifest.commit === next) expect(paths.every(isNew), message).toBe(true);
}

async function bodiesOf(commit: string): Promise<Map<string, string>> {
  const { responses } = await history.release(commit);
  return new Map(responses.map(({ path, body }) => [path, body]));
}
