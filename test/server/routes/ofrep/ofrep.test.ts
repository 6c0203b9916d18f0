/** The responses of OFREP's two routes. */
import { beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, startService } from "../../setup/api.ts";
import { Remote } from "../../setup/remote.ts";
import { TestTokens } from "../../setup/tokens.ts";
import { names, ofrepRemote, path } from "./flags.ts";

let api: OwnApi;
beforeAll(async () => {
  const tester = { role: "reader", environments: ["test"] } as const;
  api = await startService({ remote: ofrepRemote(), tokens: new TestTokens({ tester }) });
});

const post = (at: string, context: object = {}, as: string | null = "reader") =>
  api.ask(`POST ${at}`, { as, body: { context } });

describe("POST /ofrep/v1/evaluate/flags/{key}", () => {
  const metadata = {};
  test.each([
    ["plain", {}, { value: true, variant: "on", reason: "STATIC" }],
    ["killed", {}, { value: false, variant: "off", reason: "STATIC" }],
    ["half", { targetingKey: "u1" }, { value: true, variant: "on", reason: "SPLIT" }],
    ["half", { targetingKey: "u2" }, { value: false, variant: "off", reason: "DEFAULT" }],
    ["half", {}, { value: false, variant: "off", reason: "DEFAULT" }],
    ["nordic", { country: "SE" }, { value: true, variant: "on", reason: "TARGETING_MATCH" }],
    ["nordic", { country: "NO" }, { value: false, variant: "off", reason: "DEFAULT" }],
    ["limit", {}, { value: 2, variant: "low", reason: "STATIC" }],
    [
      "layout",
      { age: 18, targetingKey: "u1" },
      { value: { columns: 2 }, variant: "wide", reason: "TARGETING_MATCH" },
    ],
  ])("evaluates %s for %j", async (key, context, expected) => {
    const { status, json, headers } = await post(`${path}/${key}`, context);
    expect({ status, json }).toEqual({ status: 200, json: { key, ...expected, metadata } });
    expect(headers["content-type"]).toBe("application/json");
    expect(headers["cache-control"]).toBe("no-store");
  });

  test("never shows the rule that decided, nor anything else of a private flag", async () => {
    const { text } = await post(`${path}/nordic`, { country: "SE" });
    expect(text).not.toContain("secret");
    expect((await post(path, { country: "SE" })).text).not.toContain("secret");
  });

  test("answers 404 with FLAG_NOT_FOUND for a flag that does not exist", async () => {
    for (const key of ["plian", "__proto__", "constructor", "a%2Fb", "%00", "x".repeat(2_000)]) {
      const { status, json } = await post(`${path}/${key}`);
      expect({ status, code: json.errorCode }).toEqual({ status: 404, code: "FLAG_NOT_FOUND" });
      expect(json.key).toBe(decodeURIComponent(key).slice(0, 300));
      expect(json.errorDetails).toContain("Cannot find a flag");
      expect(json.errorDetails.length).toBeLessThan(200);
    }
  });

  test("serves each environment by its path, and answers 404 for one that is not served", async () => {
    expect((await post(`${path}/killed`)).json.value).toBe(false);
    expect((await post(`/test${path}/killed`)).json.value).toBe(true);
    for (const other of ["staging", "production", "t%65st"]) {
      const { status, json } = await post(`/${other}${path}/killed`);
      expect({ status, key: json.key }).toEqual({ status: 404, key: "killed" });
      expect(json.errorCode).toBe("FLAG_NOT_FOUND");
    }
  });
});

describe("POST /ofrep/v1/evaluate/flags", () => {
  test("answers all flags, private ones included, sorted by key, as the single route does", async () => {
    const context = { targetingKey: "u1", country: "SE", age: 40 };
    const { status, json } = await post(path, context);
    expect(status).toBe(200);
    expect(json.metadata).toEqual({});
    expect(json.flags.map(({ key }: { key: string }) => key)).toEqual(names);
    for (const flag of json.flags) {
      expect((await post(`${path}/${flag.key}`, context)).json).toEqual(flag);
    }
  });

  test("answers 304 only if the evaluated body is the same", async () => {
    const ask = (context: object, etag: string) =>
      api.ask(`POST ${path}`, {
        as: "reader",
        body: { context },
        headers: { "If-None-Match": etag },
      });
    const { headers } = await post(path, { targetingKey: "u1" });
    const etag = String(headers.etag);
    const same = await ask({ targetingKey: "u1", unused: 1 }, etag);
    expect(same).toMatchObject({ status: 304, text: "", headers: { etag } });
    expect((await ask({ targetingKey: "u1" }, `W/${etag}, "x"`)).status).toBe(304);
    const other = await ask({ targetingKey: "u2" }, etag);
    expect(other.status).toBe(200);
    expect(other.headers.etag).not.toBe(etag);
  });

  test("has another entity tag after a commit that changes an answer, and the same one after others", async () => {
    const own = await startService({ remote: ofrepRemote() });
    const etag = async () => (await own.ask(`POST ${path}`, { body: {} })).headers.etag;
    const before = await etag();
    own.remote.push({ "flags/plain.yaml": "description: Other words\nenabled: true\n" });
    await own.sync();
    expect(await etag()).toBe(before);
    own.remote.push({ "flags/plain.yaml": "description: Other words\nenabled: false\n" });
    await own.sync();
    expect(await etag()).not.toBe(before);
    expect((await own.ask(`POST ${path}/plain`, { body: {} })).json.value).toBe(false);
  });
});

describe("permissions", () => {
  test("are those of reads", async () => {
    for (const key of ["", "/plain"]) {
      expect((await post(`${path}${key}`, {}, "tester")).status).toBe(403);
      expect((await post(`/test${path}${key}`, {}, "tester")).status).toBe(200);
      const { status, headers, json } = await post(`${path}${key}`, {}, null);
      expect({ status, code: json.errorCode }).toEqual({ status: 401, code: "GENERAL" });
      expect(headers["www-authenticate"]).toBe('Bearer realm="feature flags"');
    }
  });

  test("are checked before the body is read", async () => {
    const { status } = await api.ask(`POST ${path}`, { as: "tester", body: "no JSON" });
    expect(status).toBe(403);
  });

  test("answers 429 with Retry-After to many wrong tokens", async () => {
    const own = await startService({ remote: ofrepRemote() });
    for (let count = 0; count < 30; count += 1) await own.ask(`POST ${path}`, { as: null });
    const { status, headers, json } = await own.ask(`POST ${path}/plain`, { as: null });
    expect({ status, code: json.errorCode, key: json.key }).toEqual({
      status: 429,
      code: "GENERAL",
      key: "plain",
    });
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
  });
});

test("a page of a configured origin may send a token and a condition", async () => {
  const origin = "https://app.example";
  const own = await startService({ remote: ofrepRemote(), env: { FLAGS_CORS_ORIGINS: origin } });
  const requestedHeaders = "authorization,content-type,if-none-match";
  const preflight = await own.ask(`OPTIONS ${path}`, {
    as: null,
    headers: {
      Origin: origin,
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": requestedHeaders,
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers["access-control-allow-headers"]).toBe(requestedHeaders);
  const { headers } = await own.ask(`POST ${path}`, { body: {}, headers: { Origin: origin } });
  expect(headers["access-control-allow-origin"]).toBe(origin);
  expect(headers["access-control-expose-headers"]).toContain("ETag");
});

test("a server without a valid commit answers 503 with Retry-After in OFREP's form", async () => {
  const own = await startService({ remote: new Remote({ "flags/a.yaml": "enabled: maybe\n" }) });
  const { status, headers, json } = await own.ask(`POST ${path}/a`, { body: {} });
  expect({ status, json: { ...json, errorDetails: "" } }).toEqual({
    status: 503,
    json: { key: "a", errorCode: "GENERAL", errorDetails: "" },
  });
  expect(Number(headers["retry-after"])).toBeGreaterThan(0);
});
