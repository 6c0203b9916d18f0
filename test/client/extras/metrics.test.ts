/** What the client counts and reports to a server. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Metrics } from "../../../client/core/types.ts";
import { clientsForTests, storageWith } from "../clients.ts";
import { openPage } from "../page.ts";
import { json, list, respond, type Source, startSource } from "../source.ts";

const create = clientsForTests();
let source: Source;
beforeEach(async () => {
  source = await startSource(json(list({ meal_planning: true })));
  for (const method of ["log", "warn", "error"] as const)
    vi.spyOn(console, method).mockReturnValue();
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await source[Symbol.asyncDispose]();
});

/** A client with its latest metrics. */
function measured(options: Partial<Parameters<typeof create>[0]> = {}) {
  const onMetrics = vi.fn<(metrics: Metrics) => void>();
  const flags = create({ url: source.url, onMetrics, ...options });
  const fetches = (wanted: Metrics["fetches"]) =>
    vi.waitFor(() => expect(onMetrics.mock.lastCall?.[0].fetches).toEqual(wanted));
  return { flags, onMetrics, fetches, last: () => onMetrics.mock.lastCall?.[0] };
}

describe("onMetrics", () => {
  test("counts requests by result", async () => {
    const { flags, fetches } = measured();
    await flags.ready;
    await fetches({ ok: 1 });
    await flags.refresh();
    await fetches({ ok: 1, not_modified: 1 });
    source.answer = json(list({ meal_planning: false }, 2));
    await flags.refresh();
    source.answer = respond(500, "text/plain", "");
    await flags.refresh();
    await flags.refresh();
    source.answer = json(list({ meal_planning: true }, 1));
    await flags.refresh();
    await fetches({ ok: 2, not_modified: 1, status: 2, older: 1 });
  });

  test("counts an unknown reason of a service worker as malformed", async () => {
    const answer = json(list({ meal_planning: true }));
    source.answer = (request, response) => {
      response.setHeader("Bunting-Stale", "nonsense");
      answer(request, response);
    };
    const { flags, fetches } = measured();
    await flags.ready;
    await fetches({ malformed: 1 });
  });

  test("continues to count after close() and start()", async () => {
    const { flags, fetches, last } = measured();
    await flags.ready;
    await fetches({ ok: 1 });
    flags.isEnabled("meal_planning");
    flags.close();
    flags.start();
    await fetches({ ok: 1, not_modified: 1 });
    flags.isEnabled("meal_planning");
    flags.close();
    expect(last()?.evaluations).toEqual({ meal_planning: 2 });
  });

  test("counts evaluations, unknown flags included", async () => {
    const { flags, last } = measured();
    await flags.ready;
    for (let time = 0; time < 3; time++) flags.isEnabled("meal_planning");
    flags.isEnabled("missing", true);
    flags.close();
    await vi.waitFor(() => {
      expect(last()?.evaluations).toEqual({ meal_planning: 3, missing: 1 });
    });
  });

  test("contains age and timeToReady", async () => {
    const slow = json(list({ meal_planning: true }));
    source.answer = (request, response) => setTimeout(() => slow(request, response), 60);
    const { flags, last } = measured();
    await flags.ready;
    // The browser publishes its measurement a little later. Later requests must not count.
    await vi.waitFor(
      async () => {
        await flags.refresh();
        expect(last()?.timeToReady).toEqual(expect.any(Number));
      },
      { timeout: 10_000 },
    );
    expect(last()?.timeToReady).toBeGreaterThanOrEqual(55);
    expect(last()?.timeToReady).toBeLessThan(5_000);
    expect(last()?.age).toBe(0);
  });

  test("has timeToReady 0 with a stored copy", async () => {
    const storage = storageWith();
    await create({ url: source.url, storage }).ready;
    const { last } = measured({ storage });
    await vi.waitFor(() => expect(last()).toMatchObject({ timeToReady: 0, age: 0 }));
  });

  test("may throw without any effect", async () => {
    const { flags, onMetrics } = measured();
    onMetrics.mockImplementation(() => {
      throw new Error("A bug in onMetrics");
    });
    await flags.ready;
    await vi.waitFor(() => expect(onMetrics).toHaveBeenCalled());
    await flags.refresh();
    expect(flags.state.status).toBe("ready");
  });
});

describe("reportTo", () => {
  test("sends new counts as a beacon when the page is hidden and on close()", async () => {
    using page = openPage();
    const beacons: string[] = [];
    let isTaken = true;
    vi.stubGlobal("navigator", {
      sendBeacon: (url: string, body: string) => {
        expect(url).toBe("https://flags.example/v1/usage");
        if (isTaken) beacons.push(body);
        return isTaken;
      },
    });
    const { flags, fetches } = measured({ reportTo: "https://flags.example/v1/usage" });
    await flags.ready;
    await fetches({ ok: 1 });
    flags.isEnabled("meal_planning");
    flags.isEnabled("missing");
    flags.isEnabled("not a flag name");
    expect(beacons).toEqual([]);
    page.show(false);
    const first = { meal_planning: 1, missing: 1 };
    expect(beacons.map((body) => JSON.parse(body))).toEqual([
      { environment: "application", evaluations: first, fetches: { ok: 1 }, age: 0 },
    ]);

    isTaken = false;
    flags.isEnabled("meal_planning");
    page.show(true);
    page.show(false);
    await vi.waitFor(() => expect(source.requests.length).toBeGreaterThan(1));
    isTaken = true;
    flags.isEnabled("meal_planning");
    await new Promise((resolve) => setImmediate(resolve));
    flags.close();
    await vi.waitFor(() => expect(beacons).toHaveLength(2));
    expect(JSON.parse(beacons[1] ?? "").evaluations).toEqual({ meal_planning: 2 });
    flags.isEnabled("meal_planning");
    page.show(true);
    page.show(false);
    expect(beacons).toHaveLength(2);
  });

  test("splits a report that is too large for the server", async () => {
    using page = openPage();
    const bodies: string[] = [];
    vi.stubGlobal("navigator", { sendBeacon: (_url: string, body: string) => bodies.push(body) });
    const { flags, fetches } = measured({ reportTo: "/v1/usage" });
    await flags.ready;
    await fetches({ ok: 1 });
    const name = (at: number) => `a_name_as_long_as_it_may_be_${String(at).padStart(36, "0")}`;
    for (let at = 0; at < 2_500; at++) flags.isEnabled(name(at));
    page.show(false);
    const names = bodies.flatMap((body) => Object.keys(JSON.parse(body).evaluations));
    expect(new Set(names).size).toBe(2_500);
    expect(name(0)).toHaveLength(64);
    for (const body of bodies) {
      expect(body.length).toBeLessThan(32_768);
      expect(Object.keys(JSON.parse(body).evaluations).length).toBeLessThanOrEqual(1_000);
    }
    expect(bodies.filter((body) => body.includes('"ok"'))).toHaveLength(1);
  });

  test("sends a request if there is a token, and repeats counts of a failed one", async () => {
    using page = openPage();
    const reports: { authorization: string | undefined; body: string }[] = [];
    let status = 503;
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += part;
      reports.push({ authorization: request.headers.authorization, body });
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const reportTo = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/usage`;
    try {
      const { flags, fetches } = measured({ reportTo, token: "bnt_secret" });
      await flags.ready;
      await fetches({ ok: 1 });
      flags.isEnabled("meal_planning");
      page.show(false);
      await vi.waitFor(() => expect(reports).toHaveLength(1));
      expect(reports[0]?.authorization).toBe("Bearer bnt_secret");
      status = 204;
      await vi.waitFor(() => {
        page.show(false);
        expect(reports.length).toBeGreaterThan(1);
      });
      expect(JSON.parse(reports[1]?.body ?? "")).toEqual(JSON.parse(reports[0]?.body ?? ""));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test("does nothing where beacons are not available", async () => {
    const { flags, fetches } = measured({ reportTo: "/v1/usage" });
    await flags.ready;
    await fetches({ ok: 1 });
    flags.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(flags.state.status).toBe("ready");
  });
});
