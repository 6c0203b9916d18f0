/**
 * Runs the edge function similarly to CloudFront: as a script with its two imports, in a context that
 * has only the language and `console`.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import vm from "node:vm";
import { expect, test } from "vitest";
import { parseTemplate } from "./cloudformation.ts";

const source = readFileSync(".github/aws/token.js", "utf8");
const known = "bunting_4fJ9x-Q.2~z+/==";

test("token.js is what cdn.yaml deploys", () => {
  const template = parseTemplate(readFileSync(".github/aws/cdn.yaml", "utf8"));
  const deployed = template.Resources.TokenFunction?.Properties.FunctionCode;
  expect(deployed, "copy .github/aws/token.js into FunctionCode of .github/aws/cdn.yaml").toBe(
    source,
  );
});

test("token.js is smaller than the 10 KB that CloudFront takes", () => {
  expect(Buffer.byteLength(source)).toBeLessThan(10_240);
});

test("handler() passes a request with a known token unchanged", async () => {
  const request = get({ authorization: { value: `Bearer ${known}` } });
  expect((await run(request)).answer).toBe(request);
});

test.each(["bearer", "BEARER", "bEaReR"])("handler() accepts the scheme %s", async (scheme) => {
  const request = get({ authorization: { value: `${scheme} ${known}` } });
  expect((await run(request)).answer).toBe(request);
});

test("handler() passes a preflight without a token", async () => {
  const request = { ...get({}), method: "OPTIONS" };
  expect((await run(request)).answer).toBe(request);
});

test("handler() answers 401 without an Authorization header", async () => {
  const { answer } = await run(get({}));
  expect(answer).toMatchObject({
    statusCode: 401,
    statusDescription: "Unauthorized",
    headers: {
      "www-authenticate": { value: 'Bearer realm="feature-flags"' },
      "content-type": { value: "application/problem+json" },
      "cache-control": { value: "no-store" },
      "access-control-allow-origin": { value: "*" },
    },
  });
  expect(JSON.parse(String(answer.body))).toEqual({
    type: "about:blank",
    title: "Unauthorized",
    status: 401,
    detail: expect.any(String),
  });
});

test.each([
  ["empty", ""],
  ["scheme alone", "Bearer"],
  ["scheme and spaces", "Bearer  "],
  ["token alone", known],
  ["another scheme", `Basic ${known}`],
  ["no space", `Bearer${known}`],
  ["two tokens", `Bearer ${known} ${known}`],
  ["more after the token", `Bearer ${known}, Basic x`],
  ["a line break", `Bearer ${known}\nx`],
  ["quotes", `Bearer "${known}"`],
])("handler() answers 401 to a malformed header: %s", async (_, value) => {
  const { answer, readKeys } = await run(get({ authorization: { value } }));
  expect(answer.statusCode).toBe(401);
  expect(readKeys).toEqual([]);
});

test("handler() answers 401 to two Authorization headers, the first of them good", async () => {
  const value = `Bearer ${known}`;
  const headers = { authorization: { value, multiValue: [{ value }, { value: "Bearer x" }] } };
  expect((await run(get(headers))).answer.statusCode).toBe(401);
});

test.each([
  ["another token", "bunting_other"],
  ["the known token in another case", known.toUpperCase()],
  ["the known token's hash", sha256(known)],
])("handler() answers 401 invalid_token to %s", async (_, token) => {
  const { answer } = await run(get({ authorization: { value: `Bearer ${token}` } }));
  expect(answer.statusCode).toBe(401);
  expect(answer.headers["www-authenticate"]?.value).toBe(
    'Bearer realm="feature-flags", error="invalid_token"',
  );
});

test.each(["access_token", "token", "authorization"])(
  "handler() does not look for a token in the query string: %s",
  async (name) => {
    const request = { ...get({}), querystring: { [name]: { value: known } } };
    expect((await run(request)).answer.statusCode).toBe(401);
  },
);

test("handler() reads the hash from the store, never the token", async () => {
  const { readKeys } = await run(get({ authorization: { value: `Bearer ${known}` } }));
  expect(readKeys).toEqual([sha256(known)]);
});

test("handler() answers 503 while the store fails", async () => {
  const failing = () => Promise.reject(new Error(`cannot read ${known}`));
  const { answer, log } = await run(get({ authorization: { value: `Bearer ${known}` } }), failing);
  expect(answer.statusCode).toBe(503);
  expect(answer.headers["retry-after"]?.value).toBe("5");
  expect(answer.headers["content-type"]?.value).toBe("application/problem+json");
  expect(JSON.parse(String(answer.body))).toMatchObject({ status: 503 });
  expect(log).toEqual(["Cannot read the KeyValueStore"]);
});

test("handler() refuses if the store's answer is not true", async () => {
  const vague = () => Promise.resolve(undefined);
  const { answer } = await run(get({ authorization: { value: `Bearer ${known}` } }), vague);
  expect(answer.statusCode).toBe(401);
});

test("handler() writes no token into its log or answers", async () => {
  for (const value of [`Bearer ${known}`, "Bearer secret-1", "Basic secret-2", "secret-3"]) {
    const refused = await run(get({ authorization: { value } }), () => Promise.resolve(false));
    const broken = await run(get({ authorization: { value } }), () => Promise.reject(Error(value)));
    for (const { answer, log } of [refused, broken]) {
      const text = JSON.stringify([answer, log]);
      for (const secret of [known, sha256(known), "secret-"]) expect(text).not.toContain(secret);
    }
  }
});

type Headers = { [name: string]: { value: string; multiValue?: { value: string }[] } };
type Exists = (key: string) => Promise<boolean | undefined>;

interface Answer {
  readonly statusCode?: number;
  readonly headers: Headers;
  readonly body?: string;
}

function get(headers: Headers) {
  return { method: "GET", uri: "/v1/feature-flags/", querystring: {}, headers, cookies: {} };
}

async function run(
  request: ReturnType<typeof get>,
  exists: Exists = (key) => Promise.resolve(key === sha256(known)),
): Promise<{ answer: Answer; readKeys: string[]; log: string[] }> {
  const readKeys: string[] = [];
  const log: string[] = [];
  const kvs = () => ({
    exists: (key: string) => {
      readKeys.push(key);
      return exists(key);
    },
  });
  const script = source.replaceAll(/^import (\w+) from "(\w+)";$/gm, 'const $1 = modules["$2"];');
  const handler = vm.runInNewContext(`"use strict"; ${script}; handler`, {
    modules: { cloudfront: { kvs }, crypto: { createHash } },
    console: { log: (...words: unknown[]) => log.push(words.join(" ")) },
  });
  return { answer: await handler({ version: "1.0", request }), readKeys, log };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
