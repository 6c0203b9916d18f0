/** Rate limits, and CORS. */
import { describe, expect, test, vi } from "vitest";
import { type OwnApi, startService } from "../setup/api.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;

describe("many failed authentications", () => {
  const fail = async (api: OwnApi, headers: Record<string, string> = {}) => {
    const wrong = { Authorization: `Bearer ${"x".repeat(36)}` };
    return api.ask(`GET ${list}`, { as: null, headers: { ...wrong, ...headers } });
  };

  test("is answered with 429 and Retry-After, while good tokens are accepted", async () => {
    const api = await startService();
    for (let left = 29; left >= 0; left -= 1) {
      const { status, headers } = await fail(api);
      expect(status).toBe(401);
      expect(headers.ratelimit).toMatch(new RegExp(`^"30-in-1min"; r=${left}; t=\\d+$`));
    }
    const { status, headers } = await fail(api);
    expect(status).toBe(429);
    expect(Number(headers["retry-after"])).toBeLessThanOrEqual(60);
    expect(headers["www-authenticate"]).toBeUndefined();
    expect((await api.ask(`GET ${list}`, { as: null })).status).toBe(429);
    expect((await api.ask(`PUT ${meal}`, { as: null, body: {} })).status).toBe(429);
    expect((await api.ask("GET /none", { as: null })).status).toBe(429);

    expect((await api.ask(`GET ${list}`)).status).toBe(200);
    expect((await api.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
    expect((await api.ask("GET /healthz", { as: null })).status).toBe(200);
  });

  test("applies to a client that changes its X-Forwarded-For as well", async () => {
    const api = await startService();
    const statuses = new Set<number>();
    for (let from = 1; from <= 40; from += 1) {
      const headers = {
        "X-Forwarded-For": `203.0.113.${from}`,
        "X-Real-IP": `203.0.113.${from}`,
        Forwarded: `for=203.0.113.${from}`,
        "X-Client-IP": `203.0.113.${from}`,
      };
      statuses.add((await fail(api, headers)).status);
    }
    expect(statuses).toEqual(new Set([401, 429]));
  });

  test("is counted for the address that the trusted proxy names", async () => {
    const api = await startService({ env: { FLAGS_TRUSTED_PROXIES: "1" } });
    const from = (address: string) => fail(api, { "X-Forwarded-For": address });
    for (let count = 0; count < 31; count += 1) await from("203.0.113.1");
    expect((await from("203.0.113.1")).status).toBe(429);
    expect((await from("203.0.113.2")).status).toBe(401);
    // Addresses before the proxy's own entry are from the client.
    expect((await from("203.0.113.77, 203.0.113.1")).status).toBe(429);
  });
});

describe("FLAGS_WRITES_PER_MINUTE", () => {
  const put = (api: OwnApi, as: string, enabled = true) =>
    api.ask(`PUT ${meal}`, { as, body: { enabled } });

  test("applies to each token, is shown in headers, and ends after a minute", async () => {
    const api = await startService({ env: { FLAGS_WRITES_PER_MINUTE: "3" } });
    for (const left of [2, 1, 0]) {
      const { status, headers } = await put(api, "editor");
      expect(status).toBe(200);
      expect(headers.ratelimit).toMatch(new RegExp(`^"3-in-1min"; r=${left}; t=\\d+$`));
      expect(headers["ratelimit-policy"]).toMatch(/^"3-in-1min"; q=3; w=60; pk=:.*:$/);
    }
    const { status, headers, json } = await put(api, "editor", false);
    expect(status).toBe(429);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(Number(headers["retry-after"])).toBeLessThanOrEqual(60);
    expect(json.type).toBe("https://bunting.example/problems/too-many-requests");
    expect(api.remote.length).toBe(1);
    expect((await api.ask(`DELETE ${meal}`, { as: "editor" })).status).toBe(403);

    expect((await api.ask(`GET ${list}`, { as: "editor" })).status).toBe(200);
    expect((await put(api, "admin")).status).toBe(200);

    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    expect((await put(api, "editor")).status).toBe(200);
  });

  test("counts writes of every kind and environment as one", async () => {
    const api = await startService({ env: { FLAGS_WRITES_PER_MINUTE: "3" } });
    await api.ask(`POST ${list}`, { body: { name: "one_more" } });
    await api.ask(`PUT /staging${meal}`, { body: { enabled: true } });
    await api.ask(`DELETE ${list}one_more`);
    expect((await put(api, "admin")).status).toBe(429);
    expect((await api.ask(`POST ${list}`, { body: { name: "another" } })).status).toBe(429);
  });

  test("of 0 is no limit, and responses have no RateLimit headers", async () => {
    const api = await startService({ env: { FLAGS_WRITES_PER_MINUTE: "0" } });
    const answers = await Promise.all(Array.from({ length: 80 }, () => put(api, "admin")));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers[0]?.headers.ratelimit).toBeUndefined();
  });
});

describe("FLAGS_CORS_ORIGINS", () => {
  const origins = ["https://app.example", "http://localhost:5173"];
  const others = [
    "https://evil.example",
    "https://app.example.evil.example",
    "http://app.example",
    "https://app.example:8443",
    "https://xapp.example",
    "null",
  ];
  let api: OwnApi;
  const here = async () => {
    api ??= await startService({ env: { FLAGS_CORS_ORIGINS: origins.join(" , ") } });
    return api;
  };

  test.each(origins)("lets pages of %s read answers, errors too", async (origin) => {
    const { ask, url } = { ask: (await here()).ask.bind(await here()), url: list };
    for (const [what, as] of [
      [`GET ${url}`, "reader"],
      [`GET ${list}none`, "reader"],
      [`GET ${url}`, null],
      [`PUT ${meal}`, "reader"],
    ] as const) {
      const { headers } = await ask(what, { as, headers: { Origin: origin } });
      expect(headers["access-control-allow-origin"]).toBe(origin);
      expect(headers["access-control-allow-credentials"]).toBeUndefined();
      expect(headers.vary).toContain("Origin");
      const exposed = headers["access-control-expose-headers"]?.split(",");
      expect(exposed).toEqual(
        expect.arrayContaining(["ETag", "Retry-After", "Location", "Bunting-Commit"]),
      );
    }
  });

  test.each(origins)("answers a preflight of %s without authentication", async (origin) => {
    const headers = {
      Origin: origin,
      "Access-Control-Request-Method": "PUT",
      "Access-Control-Request-Headers": "authorization,content-type,if-match,idempotency-key",
    };
    const preflight = await (await here()).ask(`OPTIONS ${meal}`, { as: null, headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "GET,HEAD,POST,PUT,DELETE",
      "access-control-allow-headers": headers["Access-Control-Request-Headers"],
      "access-control-max-age": "600",
    });
  });

  test.each(others)("lets no page of %s read anything", async (origin) => {
    const headers = { Origin: origin, "Access-Control-Request-Method": "PUT" };
    const answers = [
      await (await here()).ask(`GET ${list}`, { headers: { Origin: origin } }),
      await (await here()).ask(`OPTIONS ${meal}`, { as: null, headers }),
    ];
    for (const answer of answers) {
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
      expect(answer.headers.vary).toContain("Origin");
    }
  });

  test("if it is missing, allows no origin", async () => {
    const closed = await startService();
    const [origin = ""] = origins;
    const { headers } = await closed.ask(`GET ${list}`, { headers: { Origin: origin } });
    expect(headers["access-control-allow-origin"]).toBeUndefined();
    const preflight = { Origin: origin, "Access-Control-Request-Method": "GET" };
    const { status } = await closed.ask(`OPTIONS ${list}`, { as: null, headers: preflight });
    expect(status).toBe(401);
  });

  test("is the same to an event stream", async () => {
    const [origin = ""] = origins;
    const { url, tokens } = await here();
    const headers = {
      Authorization: `Bearer ${tokens.of("reader")}`,
      Accept: "text/event-stream",
      Origin: origin,
    };
    const stopped = new AbortController();
    const answer = await fetch(`${url}${list}`, { headers, signal: stopped.signal });
    stopped.abort();
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
  });
});
