import { hash } from "node:crypto";
import pMap from "p-map";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NewObject, Target } from "../../../store/target/target.ts";

/** A store for targets, such as a bucket or a directory. */
export interface TargetStore extends AsyncDisposable {
  /** A new object for the target below `prefix` (`""`, `a/b`), like that of another publisher. */
  open(prefix: string): Target;
}

/** The differences of a store from AWS's S3. */
export interface Traits {
  /** Keeps `Content-Type`, `Cache-Control` and metadata. */
  readonly keepsHeaders: boolean;
  /** May answer a lost race with 500 repeatedly. */
  readonly failsLosers?: boolean;
  /** Maximum number of objects in a page of a listing. */
  readonly pageSize: number;
}

const unseen = "00000000000000000000000000000000";
const list = "/v1/feature-flags/";
const flag = "/v1/feature-flags/meal_planning";

/** The tests that every kind of target must pass. */
export function testTarget(
  kind: string,
  start: () => Promise<TargetStore>,
  { keepsHeaders, failsLosers = false, pageSize }: Traits,
): void {
  describe(`Target, ${kind}:`, () => {
    let store: TargetStore;
    beforeAll(async () => {
      store = await start();
    });
    afterAll(() => store?.[Symbol.asyncDispose]());

    let prefixes = 0;
    /** A new, empty target. */
    const empty = () => {
      prefixes += 1;
      return store.open(`empty-${prefixes}`);
    };

    test("read() returns the exact bytes of write()", async () => {
      const target = empty();
      const body = `{"description":"Grün 🚩 \\u2028","enabled":true}`;
      expect(await target.write(object(flag, body), undefined)).toBe(true);
      const read = await target.read(flag);
      expect(read?.body).toEqual(Buffer.from(body));
      expect(read?.etag).toBe(hash("md5", body));
    });

    test("read() returns large and empty objects", async () => {
      const target = empty();
      const large = "manifest ".repeat(100_000);
      await target.write(object("/manifest.json", large), undefined);
      await target.write(object(flag, ""), undefined);
      expect((await target.read("/manifest.json"))?.body.toString()).toBe(large);
      expect((await target.read(flag))?.body.toString()).toBe("");
    });

    if (keepsHeaders)
      test("read() gives headers and metadata as they were put", async () => {
        const target = empty();
        const headers = {
          contentType: "application/problem+json",
          cacheControl: "public, max-age=30, stale-while-revalidate=300",
          metadata: { commit: "9f8e7d6", sha256: hash("sha256", "{}") },
        };
        await target.write({ path: flag, body: "{}", ...headers }, undefined);
        expect(await target.read(flag)).toMatchObject(headers);
        const others = { ...headers, contentType: "application/json", metadata: { commit: "1" } };
        await target.write({ path: flag, body: "{}", ...others }, hash("md5", "{}"));
        expect(await target.read(flag)).toMatchObject(others);
        expect((await target.read(flag))?.metadata).toEqual({ commit: "1" });
      });

    test("read() returns undefined for a missing object", async () => {
      const target = empty();
      expect(await target.read(flag)).toBeUndefined();
      await target.write(object(flag, "{}"), undefined);
      expect(await target.read(list)).toBeUndefined();
      expect(await target.read("/v1/feature-flags/meal")).toBeUndefined();
      expect(await target.read("/v1")).toBeUndefined();
    });

    test("write() keeps a list beside the flags below it", async () => {
      const target = empty();
      const paths = [list, flag, `/staging${list}`, `/staging${flag}`, "/errors/404.json"];
      for (const path of paths) {
        expect(await target.write(object(path, `of ${path}`), undefined)).toBe(true);
      }
      for (const path of paths) {
        expect((await target.read(path))?.body.toString()).toBe(`of ${path}`);
      }
      expect([...(await target.list()).keys()].sort()).toEqual(paths.sort());
    });

    test("write() creates an object only if there is none", async () => {
      const target = empty();
      await target.write(object(flag, "first"), undefined);
      expect(await target.write(object(flag, "second"), undefined)).toBe(false);
      expect(await target.write(object(flag, "first"), undefined)).toBe(false);
      expect((await target.read(flag))?.body.toString()).toBe("first");
    });

    test("write() replaces only the object with the seen ETag", async () => {
      const target = empty();
      expect(await target.write(object(flag, "zero"), unseen)).toBe(false);
      expect(await target.read(flag)).toBeUndefined();
      await target.write(object(flag, "first"), undefined);
      expect(await target.write(object(flag, "second"), unseen)).toBe(false);
      expect(await target.write(object(flag, "second"), hash("md5", "first"))).toBe(true);
      expect(await target.write(object(flag, "third"), hash("md5", "first"))).toBe(false);
      expect((await target.read(flag))?.body.toString()).toBe("second");
    });

    test("remove() removes only the object with the seen ETag", async () => {
      const target = empty();
      await target.write(object(flag, "first"), undefined);
      expect(await target.remove(flag, unseen)).toBe(false);
      expect((await target.read(flag))?.body.toString()).toBe("first");
    });

    test("remove() allows a new object at the path, and does not affect others", async () => {
      const target = empty();
      await target.write(object(flag, "first"), undefined);
      await target.write(object(list, "list"), undefined);
      expect(await target.remove(flag, hash("md5", "first"))).toBe(true);
      expect(await target.read(flag)).toBeUndefined();
      expect((await target.read(list))?.body.toString()).toBe("list");
      expect(await target.write(object(flag, "again"), undefined)).toBe(true);
    });

    test("remove() succeeds if the object is gone", async () => {
      const target = empty();
      expect(await target.remove(flag, unseen)).toBe(true);
      await target.write(object(flag, "first"), undefined);
      await target.remove(flag, hash("md5", "first"));
      expect(await target.remove(flag, hash("md5", "first"))).toBe(true);
    });

    test("list() is empty before the first write", async () => {
      expect(await empty().list()).toEqual(new Map());
    });

    test("list() returns the objects of several pages, each with its ETag", async () => {
      const target = empty();
      const paths = Array.from({ length: pageSize + 50 }, (_, at) => `${list}flag_${at}`);
      await pMap(paths, (path) => target.write(object(path, path), undefined), { concurrency: 32 });
      const etags = [...(await target.list())].map(([path, { etag }]) => [path, etag]);
      const wanted = paths.map((path) => [path, hash("md5", path)]);
      expect(Object.fromEntries(etags)).toEqual(Object.fromEntries(wanted));
    });

    test("list() shows by its times in which order objects were written", async () => {
      const target = empty();
      for (const path of [flag, list, "/manifest.json"]) {
        await target.write(object(path, "{}"), undefined);
      }
      const listed = await target.list();
      const times = [flag, list, "/manifest.json"].map((path) => listed.get(path)?.modified ?? 0);
      expect(times).toEqual(times.toSorted((one, other) => one - other));
      expect(times[0]).toBeGreaterThan(Date.now() - 600_000);
      await untilPast(Math.max(...times));
      await target.write(object(flag, "[]"), hash("md5", "{}"));
      expect((await target.list()).get(flag)?.modified).toBeGreaterThan(Math.max(...times));
    });

    test("list() returns only objects below the prefix", async () => {
      const [all, one, longer] = ["pre", "pre/fix", "prefix"].map((prefix) => store.open(prefix));
      for (const target of [all, one, longer]) {
        await target?.write(object(flag, target.name), undefined);
      }
      expect([...((await one?.list()) ?? [])].map(([path]) => path)).toEqual([flag]);
      expect([...((await longer?.list()) ?? [])].map(([path]) => path)).toEqual([flag]);
      const paths = [...((await all?.list()) ?? [])].map(([path]) => path);
      expect(paths.sort()).toEqual([`/fix${flag}`, flag].sort());
      expect((await all?.read(flag))?.body.toString()).toBe(all?.name);
    });

    test("write() succeeds for one of forty concurrent creators", async () => {
      const target = empty();
      const writers = Array.from({ length: 40 }, (_, at) =>
        target.write(object(flag, `${at}`), undefined),
      );
      const results = await Promise.all(writers);
      const winners = results.flatMap((isDone, at) => (isDone ? [`${at}`] : []));
      expect(winners).toEqual([(await target.read(flag))?.body.toString()]);
    });

    test("write() succeeds for one of forty concurrent replacements", async () => {
      const target = empty();
      await target.write(object(flag, "first"), undefined);
      const seen = hash("md5", "first");
      const writers = Array.from({ length: 40 }, (_, at) =>
        target.write(object(flag, `${at}`), seen).catch((error: Error) => {
          if (!failsLosers || !error.message.includes("(500)")) throw error;
          return false;
        }),
      );
      const results = await Promise.all(writers);
      const winners = results.flatMap((isDone, at) => (isDone ? [`${at}`] : []));
      expect(winners).toEqual([(await target.read(flag))?.body.toString()]);
    });

    test("exclusively() returns the result of the work, and works again after a failure", async () => {
      const target = empty();
      expect(await target.exclusively(async () => 1)).toBe(1);
      const failing = target.exclusively(() => Promise.reject(new Error("no")));
      await expect(failing).rejects.toThrow("no");
      expect(await target.exclusively(async () => 2)).toBe(2);
      expect(await target.list()).toEqual(new Map());
    });
  });
}

export function object(path: string, body: string): NewObject {
  const headers = { contentType: "application/json", cacheControl: "public, max-age=30" };
  return { path, body, ...headers, metadata: { commit: "9f8e7d6" } };
}

/** Waits until the clock of a listing, which may have whole seconds, has advanced. */
async function untilPast(time: number): Promise<void> {
  await expect.poll(() => Date.now(), { timeout: 5_000 }).toBeGreaterThan(Math.ceil(time) + 5);
}
