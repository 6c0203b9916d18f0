/** Invalid and hostile bodies and contexts: refused in OFREP's form, or without effect. */
import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, startService } from "../../setup/api.ts";
import { names, ofrepRemote, path } from "./flags.ts";

let api: OwnApi;
beforeAll(async () => {
  api = await startService({ remote: ofrepRemote() });
});
afterAll(() => {
  expect({}).not.toHaveProperty("polluted");
});

const json = { "Content-Type": "application/json" };
const routes = [path, `${path}/half`, `/test${path}`, `/test${path}/half`];

/** The responses of both routes, which must be the same except for the key. */
async function answerTo(body: string | Uint8Array, headers: Record<string, string> = json) {
  const answers = await Promise.all(
    routes.map(async (route) => {
      const { status, json: found } = await api.ask(`POST ${route}`, { body, headers });
      if (status === 200) return { status, code: undefined };
      expect(found.key).toBe(route.endsWith("half") ? "half" : undefined);
      expect(found.errorDetails.length).toBeLessThan(400);
      return { status, code: found.errorCode };
    }),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  return answers[0];
}

describe("400 with PARSE_ERROR for a body that is", () => {
  test.each([
    ["empty", ""],
    ["blank", " \n"],
    ["null", "null"],
    ["a list", "[]"],
    ["a text", '"context"'],
    ["not JSON", "context: {}"],
    ["cut off", '{"context":{'],
    ["two documents", "{}{}"],
    ["a duplicate key", '{"context":{},"context":{}}'],
    ["a duplicate attribute", '{"context":{"country":"SE","country":"NO"}}'],
    ["a duplicate attribute by escape", '{"context":{"country":"SE","c\\u006funtry":"NO"}}'],
    ["lists that never end", "[".repeat(30_000)],
    ["not UTF-8", Buffer.from('{"context":{"country":"caf\xe9"}}', "latin1")],
    ["UTF-16", Buffer.from('{"context":{}}', "utf16le")],
  ])("%s", async (_what, body) => {
    expect(await answerTo(body)).toEqual({ status: 400, code: "PARSE_ERROR" });
  });
});

describe("400 with INVALID_CONTEXT for a context that", () => {
  const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
  const many = (count: number) =>
    JSON.stringify({
      context: Object.fromEntries(Array.from({ length: count }, (_, i) => [i, 1])),
    });
  test.each([
    ["is null", '{"context":null}'],
    ["is a list", '{"context":[]}'],
    ["is text", '{"context":"targetingKey"}'],
    ["has a number as targetingKey", '{"context":{"targetingKey":1}}'],
    ["has null as targetingKey", '{"context":{"targetingKey":null}}'],
    ["has an object as targetingKey", '{"context":{"targetingKey":{"toString":"x"}}}'],
    ["has 9 levels", `{"context":${nested(9)}}`],
    ["has 3,000 levels", `{"context":${nested(3_000)}}`],
    ["has lists in 10,000 levels", `{"context":{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}}`],
    ["has 1,001 attributes", many(1_001)],
    ["has a list of 10,000", `{"context":{"a":[${Array.from({ length: 10_000 }, () => 1)}]}}`],
  ])("%s", async (_what, body) => {
    expect(await answerTo(body)).toEqual({ status: 400, code: "INVALID_CONTEXT" });
  });

  test("but not at the limits", async () => {
    expect(await answerTo(`{"context":${nested(8)}}`)).toMatchObject({ status: 200 });
    expect(await answerTo(many(1_000))).toMatchObject({ status: 200 });
  });
});

test.each([
  ["text/plain", 415],
  ["application/x-www-form-urlencoded", 415],
  ["application/json; charset=latin1", 415],
  ["", 415],
  ["application/json; charset=utf-8", 200],
])("the content type %s is answered with %i", async (type, status) => {
  expect((await answerTo("{}", { "Content-Type": type }))?.status).toBe(status);
});

test("a body without a content type is read as JSON, because OFREP's provider for Go sends none", async () => {
  expect((await answerTo("{}", {}))?.status).toBe(200);
});

describe("413 for more than 32 KiB", () => {
  const bomb = JSON.stringify({ context: { country: "x".repeat(10_000_000) } });
  const encodings: [string, Buffer | string][] = [
    ["identity", JSON.stringify({ context: { country: "x".repeat(32_768) } })],
    ["gzip", gzipSync(bomb)],
    ["br", brotliCompressSync(bomb)],
  ];
  test.each(encodings)("in %s", async (encoding, body) => {
    const headers = { ...json, "Content-Encoding": encoding };
    expect(await answerTo(body, headers)).toEqual({ status: 413, code: "GENERAL" });
  });

  test("in chunks", async () => {
    const headers = { ...json, "Transfer-Encoding": "chunked" };
    const body = JSON.stringify({ context: { country: "x".repeat(40_000) } });
    expect(await answerTo(body, headers)).toEqual({ status: 413, code: "GENERAL" });
  });
});

test("packed and chunked bodies below the limit are read", async () => {
  const body = '{"context":{"targetingKey":"u1"}}';
  const packed = { ...json, "Content-Encoding": "gzip" };
  expect(await answerTo(gzipSync(body), packed)).toMatchObject({ status: 200 });
  const chunked = { ...json, "Transfer-Encoding": "chunked" };
  expect(await answerTo(body, chunked)).toMatchObject({ status: 200 });
});

test("names of Object's own properties are attributes like any other", async () => {
  const plain = await api.ask(`POST ${path}`, { body: { context: { targetingKey: "u1" } } });
  const context =
    '{"targetingKey":"u1","__proto__":{"country":"SE","polluted":true},"constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1,"toString":null}';
  const { text } = await api.ask(`POST ${path}`, { body: `{"context":${context}}`, headers: json });
  expect(text).toBe(plain.text);
  const body = '{"__proto__":{"context":{"country":"SE"}}}';
  const inherited = await api.ask(`POST ${path}/nordic`, { body, headers: json });
  expect(inherited.json.value).toBe(false);
});

test.each(["GET", "PUT", "DELETE", "HEAD"])("%s is answered with 405", async (method) => {
  const { status, headers } = await api.ask(`${method} ${path}/half`);
  expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: "POST" });
});

test("any JSON as a context gets an answer that the description allows, and never a 5xx", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 10 }), async (context) => {
      // Text, because an object with a key `__proto__` cannot be written as a literal.
      const body = `{"context":${JSON.stringify(context)}}`;
      const { status, json: found } = await api.ask(`POST ${path}`, { body, headers: json });
      expect([200, 400]).toContain(status);
      if (status === 200) {
        expect(found.flags.map(({ key }: { key: string }) => key)).toEqual(names);
      }
    }),
    { numRuns: 150 },
  );
});
