import { test } from "vitest";
import { describeWithNginx, startEdge } from "./edge.ts";

const POLL = { timeout: 30_000, interval: 100 };
const SHORT = "public, max-age=1, stale-while-revalidate=300, stale-if-error=86400";

// Each test waits for max-age to pass. They run concurrently, each with its own bucket and nginx.
describeWithNginx("the CDN, when max-age is over,", { concurrent: true }, () => {
  test("serves new bytes after the maximum age, and not before", async ({ expect }) => {
    await using edge = await startEdge();
    for (const [key, cacheControl] of [
      ["long", "public, max-age=3600"],
      ["short", SHORT],
    ] as const) {
      edge.put(key, "old", cacheControl);
      await edge.get(key);
      edge.put(key, "new", cacheControl);
    }
    await expect.poll(async () => (await edge.get("short")).text, POLL).toBe("new");
    expect((await edge.get("long")).text).toBe("old");
  });

  test("revalidates with its ETag", async ({ expect }) => {
    await using edge = await startEdge();
    edge.put("key", "{}", "public, max-age=1");
    await edge.get("key");
    await expect.poll(async () => (await edge.get("key")).cache, POLL).toBe("REVALIDATED");
    expect(edge.originStatuses("key")).toEqual([200, 304]);
  });

  test("serves stale bytes at once while it revalidates", async ({ expect }) => {
    await using edge = await startEdge();
    edge.put("key", "old", "public, max-age=1, stale-while-revalidate=300");
    await edge.get("key");
    edge.s3.fault({ kind: "hang", times: Number.POSITIVE_INFINITY });
    const serve = async () => {
      // Less than the time that nginx gives the origin.
      const signal = AbortSignal.timeout(4000);
      const { text, cache } = await edge.get("key", { signal });
      return `${text} ${cache}`;
    };
    let served = "";
    const late = () => "late";
    await expect.poll(async () => (served = await serve().catch(late)), POLL).not.toBe("old HIT");
    expect(served).toBe("old STALE");
  });

  test("removes a deleted flag", async ({ expect }) => {
    await using edge = await startEdge({ publicList: true });
    edge.put("key", "old", SHORT);
    await edge.get("key");
    edge.s3.objects.delete("key");
    await expect.poll(async () => (await edge.get("key")).status, POLL).toBe(404);
  });

  test.for(["InternalError", "SlowDown", "drop", "killed"] as const)(
    "serves the old bytes when the origin fails by %s",
    async (kind, { expect }) => {
      await using edge = await startEdge();
      edge.put("key", "old", "public, max-age=1, stale-if-error=86400");
      await edge.get("key");
      if (kind === "killed") await edge.s3.close();
      else edge.s3.fault({ kind, times: Number.POSITIVE_INFINITY });

      const seen = new Set<string>();
      const serve = async () => {
        const { status, text, cache } = await edge.get("key");
        seen.add(`${status} ${text}`);
        return cache;
      };
      await expect.poll(serve, POLL).toBe("STALE");
      expect(await serve()).toBe("STALE");
      expect([...seen]).toEqual(["200 old"]);
    },
  );
});
