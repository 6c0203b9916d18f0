/** The permissions of each role, derived from the API's description of each operation. */
import { chmodSync, readFileSync, rmSync } from "node:fs";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { roles } from "../../../schema/access/tokens.ts";
import { type OwnApi, startService } from "../setup/api.ts";
import { operations } from "../setup/openapi-check.ts";
import { Remote } from "../setup/remote.ts";
import { sha256, TestTokens } from "../setup/tokens.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;

/** The expected status for each kind of token and each operation. */
const table = operations
  .filter(({ operation }) => !operation.security?.some((way) => "signature" in way))
  .flatMap(({ method, template, operation }) => {
    const { security = [{ bearer: ["reader"] }] } = operation;
    const [least] = security[0]?.bearer ?? [];
    // A token is optional, but an unknown one is an error.
    const isOptional = least === undefined && security.length > 0;
    return [undefined, "unknown", ...roles].map((role) => {
      const rank = (roles as readonly (string | undefined)[]).indexOf(role);
      const isEnough = rank >= (roles as readonly (string | undefined)[]).indexOf(least);
      const isPublic = least === undefined && !(isOptional && role === "unknown");
      const outcome = isPublic || (rank >= 0 && isEnough) ? "allowed" : rank >= 0 ? 403 : 401;
      return { method, template, role, outcome };
    });
  });

describe("createApp()", () => {
  let api: OwnApi;
  beforeAll(async () => {
    api = await startService();
  });

  test("requires a role on every path that needs one in the description", () => {
    expect(new Set(table.map(({ outcome }) => outcome))).toEqual(new Set(["allowed", 401, 403]));
    expect(table.length).toBeGreaterThan(100);
  });

  test.each(table)("$method $template with $role: $outcome", async (row) => {
    const { method, template, role, outcome } = row;
    // Requests for a missing flag or with an invalid body, so that allowed requests have no effect.
    const path = template
      .replace("{environment}", "staging")
      .replace("{flag_name}", "not_there")
      .replace("{file}", "404.json");
    const unknown = { Authorization: `Bearer ${"x".repeat(36)}` };
    const from = { "X-Forwarded-For": "203.0.113.9" };
    const headers = role === "unknown" ? { ...unknown, ...from } : from;
    const as = role === undefined || role === "unknown" ? null : role;
    // Below the number of failures that an address has.
    if (outcome === 401) refused += 1;
    const here = refused % 25 === 0 && outcome === 401 ? await renew() : api;
    const { status, headers: answerHeaders } = await here.ask(`${method} ${path}`, { as, headers });
    if (outcome === "allowed") expect([401, 403, 429]).not.toContain(status);
    else expect(status).toBe(outcome);
    expect(answerHeaders["www-authenticate"] !== undefined).toBe(status === 401);
  });

  let refused = 0;
  async function renew(): Promise<OwnApi> {
    api = await startService({ remote: api.remote, tokens: api.tokens });
    return api;
  }
});

describe("a token narrowed to flags", () => {
  let api: OwnApi;
  beforeAll(async () => {
    const narrow = { role: "admin", flags: ["meal_*", "activity_tracking", "*_beta_*"] } as const;
    api = await startService({ tokens: new TestTokens({ narrow, none: { flags: [] } }) });
  });

  const statusOf = async (what: string, body: object = { enabled: true }, as = "narrow") =>
    (await api.ask(what, { as, body })).status;

  test("writes those, and no others", async () => {
    expect(await statusOf(`PUT ${meal}`)).toBe(200);
    expect(await statusOf(`PUT /staging${meal}`)).toBe(200);
    expect(await statusOf(`PUT ${list}activity_tracking`)).toBe(200);
    expect(await statusOf(`PUT ${list}user_notifications`)).toBe(403);
    expect(await statusOf(`PUT /staging${list}user_notifications`)).toBe(403);
    expect(await statusOf(`DELETE ${list}user_notifications`)).toBe(403);
    expect(await statusOf(`PUT ${list}activity_tracking_2`)).toBe(403);
    expect(await statusOf(`PUT ${list}my_meal_plan`)).toBe(403);
    expect(await statusOf(`PUT ${list}not_there`)).toBe(403);
  });

  test("creates those, and no others", async () => {
    const { length } = api.remote;
    expect(await statusOf(`POST ${list}`, { name: "meal_sharing" })).toBe(201);
    expect(await statusOf(`POST ${list}`, { name: "new_beta_search" })).toBe(201);
    for (const name of ["user_notifications", "other", "ameal_x", "beta_x", "xbeta"]) {
      expect(await statusOf(`POST ${list}`, { name })).toBe(403);
    }
    expect(api.remote.length).toBe(length + 2);
  });

  test("reads everything", async () => {
    for (const path of [list, `${list}user_notifications`, `${meal}/history`])
      expect((await api.ask(`GET ${path}`, { as: "narrow" })).status).toBe(200);
  });

  test("writes nothing if the list is empty", async () => {
    expect(await statusOf(`PUT ${meal}`, { enabled: true }, "none")).toBe(403);
    expect(await statusOf(`POST ${list}`, { name: "any_name" }, "none")).toBe(403);
  });
});

describe("a token narrowed to environments", () => {
  let api: OwnApi;
  beforeAll(async () => {
    const tester = { role: "admin", environments: ["staging", "development"] } as const;
    api = await startService({ tokens: new TestTokens({ tester }) });
  });

  test.each([
    [`GET ${list}`, 403],
    [`GET ${meal}`, 403],
    [`GET ${meal}/history`, 403],
    [`PUT ${meal}`, 403],
    [`POST ${list}`, 403],
    [`DELETE ${meal}`, 403],
    [`GET /staging${list}`, 200],
    [`GET /staging${meal}`, 200],
    [`GET /staging${meal}/history`, 200],
    [`PUT /staging${meal}`, 200],
    [`PUT /development${meal}`, 200],
    ["GET /openapi.json", 200],
    ["GET /metrics", 200],
    ["GET /errors/404.json", 200],
  ])("%s: %i", async (what, status) => {
    const body = what.startsWith("GET") ? undefined : { enabled: true };
    const answer = await api.ask(what, { as: "tester", body });
    expect(answer.status).toBe(status);
    // Without `Origin` and not as a stream: those requests do not use the fast path.
    const headers = { Origin: "https://app.example" };
    expect((await api.ask(what, { as: "tester", body, headers })).status).toBe(status);
    if (status !== 403) return;
    const stream = { Accept: "text/event-stream" };
    expect((await api.ask(what, { as: "tester", body, headers: stream })).status).toBe(403);
  });
});

describe("the Authorization header", () => {
  let api: OwnApi;
  beforeAll(async () => {
    api = await startService();
  });
  const statusOf = async (authorization: string) =>
    api.ask(`GET ${list}`, { as: null, headers: { Authorization: authorization } });

  test.each(["Bearer TOKEN", "bearer TOKEN", "BEARER TOKEN"])("%s is accepted", async (header) => {
    expect((await statusOf(header.replace("TOKEN", api.tokens.of("reader")))).status).toBe(200);
  });

  test.each([
    "TOKEN",
    "Basic TOKEN",
    "Bearer",
    "Bearer ",
    "Bearer  TOKEN",
    "Bearer TOKEN extra",
    "Bearer TOKEN,Bearer TOKEN",
    "Token TOKEN",
    "Bearer token=TOKEN",
    'Bearer "TOKEN"',
    "Bearer TOKENx",
    "Bearer HASH",
  ])("%s is a 401", async (header) => {
    const token = api.tokens.of("reader");
    const { status, headers } = await statusOf(
      header.replaceAll("TOKEN", token).replace("HASH", sha256(token)),
    );
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toBe('Bearer realm="feature flags", error="invalid_token"');
  });

  test.each([
    ["Basic abc", 'the Authorization header must be "Bearer TOKEN"'],
    ["Bearer two words", 'the Authorization header must be "Bearer TOKEN"'],
    ["Bearer unknown", "the token is not valid, or no longer"],
  ])("%s: the detail says what is wrong with the header", async (header, detail) => {
    const { json } = await statusOf(header);
    expect(json.detail).toContain(`Cannot authenticate: ${detail}`);
  });

  test("that is missing is a 401 without invalid_token, and the detail says so", async () => {
    const { headers, json } = await api.ask(`GET ${list}`, { as: null });
    expect(headers["www-authenticate"]).toBe('Bearer realm="feature flags"');
    expect(json.detail).toContain("the request has no Authorization header");
  });
});

describe("the tokens file", () => {
  beforeEach(() => {
    // The server checks the file once a second. Tests move the clock.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  });
  const later = (milliseconds = 1_001) => vi.setSystemTime(Date.now() + milliseconds);
  const statusOf = async (api: OwnApi, as: string) => (await api.ask(`GET ${list}`, { as })).status;

  test("that changes is read while the server runs", async () => {
    const api = await startService({ remote: new Remote(), tokens: new TestTokens() });
    api.tokens.add("late", { role: "reader" });
    api.tokens.remove("editor");
    later();
    expect(await statusOf(api, "late")).toBe(200);
    expect(await statusOf(api, "editor")).toBe(401);
    expect(await statusOf(api, "admin")).toBe(200);
  });

  test("of a token that was used before and is gone refuses it", async () => {
    const api = await startService();
    expect(await statusOf(api, "editor")).toBe(200);
    api.tokens.remove("editor");
    later();
    expect(await statusOf(api, "editor")).toBe(401);
  });

  const broken: [what: string, spoil: (text: string) => string][] = [
    ["cut off", (text) => text.slice(0, 40)],
    ["empty", () => ""],
    ["no list", () => "{}"],
    ["with a stray comma", (text) => text.replace("}]", "},]")],
    ["of no such role", (text) => text.replaceAll('"admin"', '"root"')],
    ["of a hash that is none", (text) => text.replace(/[0-9a-f]{64}/, "0")],
    ["of an empty name", (text) => text.replace(/"name":"[^"]*"/, '"name":""')],
    ["of patterns that are no list", (text) => text.replace("{", '{"flags":"*",')],
    ["with a misspelt key", (text) => text.replace("{", '{"expire":"2020-01-01",')],
    ["with a key twice", (text) => text.replace("{", '{"role":"reader",')],
    ["with an id twice", (text) => text.replace(/"id":"[^"]*"/g, '"id":"a"')],
  ];
  test.each(broken)(
    "that is broken (%s) stops writes, while the old tokens read on",
    async (_what, spoil) => {
      const api = await startService();
      const good = readFileSync(api.tokens.file, "utf8");
      api.tokens.write(spoil(good));
      later();
      expect(await statusOf(api, "admin")).toBe(200);
      expect(await statusOf(api, "editor")).toBe(200);
      for (const what of [`PUT ${meal}`, `DELETE ${meal}`, `POST ${list}`]) {
        const { status, json, headers } = await api.ask(what, { body: { enabled: false } });
        expect({ status, type: json.type }).toEqual({
          status: 503,
          type: "https://bunting.example/problems/tokens-unreadable",
        });
        expect(Number(headers["retry-after"])).toBeGreaterThan(0);
      }
      const { status, degraded } = await api.ready();
      expect(status).toBe("degraded");
      expect(degraded).toEqual([expect.stringContaining(api.tokens.file)]);

      api.tokens.add("late");
      later();
      expect(await statusOf(api, "late")).toBe(200);
      expect((await api.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
      expect((await api.ready()).status).toBe("ok");
    },
  );

  test("that is deleted refuses it, too", async () => {
    const api = await startService();
    rmSync(api.tokens.file);
    later();
    expect(await statusOf(api, "admin")).toBe(200);
    expect((await api.ask(`DELETE ${meal}`)).status).toBe(503);
    expect((await api.ready()).degraded).toEqual([expect.stringContaining("no such file")]);
  });

  test("is refused if other users may write to it, at the start and later", async () => {
    const api = await startService();
    chmodSync(api.tokens.file, 0o666);
    later();
    expect((await api.ask(`DELETE ${meal}`)).status).toBe(503);
    expect((await api.ready()).degraded).toEqual([expect.stringContaining("chmod go-w")]);
    await expect(startService({ tokens: api.tokens })).rejects.toThrow("mode 666");
  });

  test("of a token that expires refuses it from that day on, used before or not", async () => {
    const tokens = new TestTokens({
      past: { expires: "2001-01-01" },
      tomorrow: { expires: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) },
    });
    const api = await startService({ tokens });
    expect(await statusOf(api, "past")).toBe(401);
    expect(await statusOf(api, "tomorrow")).toBe(200);
    later(86_400_000);
    expect(await statusOf(api, "tomorrow")).toBe(401);
  });

  test("that cannot be read stops the start of the server", async () => {
    const tokens = new TestTokens();
    tokens.write("[{}]");
    await expect(startService({ tokens })).rejects.toThrow('token 1 of "');
    rmSync(tokens.file);
    await expect(startService({ tokens })).rejects.toThrow("bunting token --add FILE");
  });
});
