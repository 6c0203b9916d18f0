/** Invalid bodies: refused at once with a reason, and without an effect. */
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonOf } from "../../../server/http/body.ts";
import { type OwnApi, startService } from "../setup/api.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;
const json = { "Content-Type": "application/json" };

let api: OwnApi;
let head = "";
beforeAll(async () => {
  api = await startService();
  head = api.remote.head;
});
afterAll(() => {
  expect(api.remote.head, "A refused body made a commit").toBe(head);
  expect({}).not.toHaveProperty("polluted");
});

/** The routes that read the body of a flag. */
const routes = [`POST ${list}`, `PUT ${meal}`, `PUT /staging${meal}`];

function statusesOf(body: string | Uint8Array, headers: object = json): Promise<number[]> {
  return Promise.all(
    routes.map(async (what) => (await api.ask(what, { body, headers: { ...headers } })).status),
  );
}

describe("415 for the content type", () => {
  test.each([
    undefined,
    "",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/json",
    "application/jsonp",
    "application/json5",
    "application/merge-patch+json",
    "application/json; charset=latin1",
    "application/json; charset=utf-16",
    "application/json, application/json",
    "*/*",
  ])("%s", async (type) => {
    const headers = type === undefined ? {} : { "Content-Type": type };
    expect(await statusesOf('{"enabled":true}', headers)).toEqual([415, 415, 415]);
  });
});

test.each([
  "application/json",
  "APPLICATION/JSON",
  "application/json;charset=utf-8",
  'application/json ; charset="UTF-8"',
])("the content type %s is accepted", async (type) => {
  const { status } = await api.ask(`PUT ${meal}`, {
    body: '{"enabled":true}',
    headers: { "Content-Type": type },
  });
  expect(status).toBe(200);
});

describe("415 for the encoding", () => {
  test.each(["zstd", "compress", "gzip, gzip", "x"])("%s", async (encoding) => {
    const headers = { ...json, "Content-Encoding": encoding };
    expect(await statusesOf('{"enabled":true}', headers)).toEqual([415, 415, 415]);
  });
});

describe("400 for the body", () => {
  test.each([
    ["empty", ""],
    ["blank", " \n"],
    ["null", "null"],
    ["a list", "[]"],
    ["a list of one", '[{"enabled":true}]'],
    ["a text", '"enabled"'],
    ["a number", "1"],
    ["true", "true"],
    ["no JSON", "enabled: true"],
    ["cut off", '{"enabled":tru'],
    ["two", '{"enabled":true}{"enabled":true}'],
    ["with a comment", '{"enabled":true} // yes'],
    ["with a comma too many", '{"enabled":true,}'],
    ["in single quotes", "{'enabled':true}"],
    ["NaN", '{"enabled":NaN}'],
    ["a duplicate key", '{"enabled":true,"enabled":false}'],
    ["a duplicate key by escape", '{"enabled":true,"\\u0065nabled":false}'],
    ["a duplicate key further in", '{"enabled":true,"x":{"a":1,"a":2}}'],
    ["an unknown key", '{"enabled":true,"enviroments":{}}'],
    ["__proto__", '{"enabled":true,"__proto__":{"polluted":true}}'],
    ["__proto__ alone", '{"__proto__":{"enabled":true,"name":"a"}}'],
    ["constructor", '{"enabled":true,"constructor":{"prototype":{"polluted":true}}}'],
    ["a text for true", '{"name":"a_name","enabled":"true"}'],
    ["a number for true", '{"name":"a_name","enabled":1}'],
    ["null for true", '{"name":"a_name","enabled":null}'],
    ["a list for a text", '{"name":"a_name","enabled":true,"description":["a"]}'],
    ["null for a text", '{"name":"a_name","enabled":true,"description":null}'],
    ["a text too long", JSON.stringify({ name: "a", enabled: true, description: "x".repeat(501) })],
    ["15,000 nested lists", `${"[".repeat(15_000)}${"]".repeat(15_000)}`],
    ["5,000 nested objects", `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`],
    ["lists that never end", "[".repeat(30_000)],
    ["3,000 unknown keys", `{${Array.from({ length: 3_000 }, (_, i) => `"k${i}":1`).join()}}`],
    ["a key of 30 kB", `{"${"k/~".repeat(10_000)}":1}`],
  ])("%s", async (_what, body) => {
    expect(await statusesOf(body)).toEqual([400, 400, 400]);
  });

  test.each([
    ["UTF-16", Buffer.from('\ufeff{"enabled":true}', "utf16le")],
    ["Latin-1", Buffer.from('{"description":"caf\xe9"}', "latin1")],
    ["half a character", Buffer.from('{"description":"☂"}').subarray(0, 18)],
    ["zeros", Buffer.alloc(100)],
  ])("in %s", async (_what, body) => {
    expect(await statusesOf(body)).toEqual([400, 400, 400]);
  });

  test("reports each invalid value with its JSON pointer", async () => {
    const body = { name: "Not A Name", enabled: "yes", "a/b~c": 1, description: "x".repeat(501) };
    const { json: problem } = await api.ask(`POST ${list}`, { body });
    const found = problem.errors.map(({ pointer, code }: Record<string, string>) => [
      pointer,
      code,
    ]);
    expect(Object.fromEntries(found)).toEqual({
      "#/a~1b~0c": "unknown-key",
      "#/name": "invalid-name",
      "#/enabled": "wrong-type",
      "#/description": "too-long",
    });
  });

  test.each([
    [`POST ${list}`, { name: "a_name", enabeld: true }, 'did you mean "enabled"?'],
    [`POST ${list}`, { name: "a_name", Expires: "2027-01-31" }, 'did you mean "expires"?'],
    [`PUT ${meal}`, { enabled: true, desc: "Plan" }, 'did you mean "description"?'],
    [`PUT /staging${meal}`, { enable: true }, 'did you mean "enabled"?'],
    [
      "POST /v1/usage",
      { environment: "application", fetches: { time_out: 1 } },
      'did you mean "timeout"?',
    ],
    [
      "POST /v1/usage",
      { environment: "application", x: 1 },
      "known are environment, evaluations, fetches, age",
    ],
    [
      `PUT ${meal}`,
      { owner: "billing" },
      "known are name, enabled, rollout, description, created_at, updated_at",
    ],
  ])("%s of an unknown key in %j: %s", async (what, body, hint) => {
    const { json: problem } = await api.ask(what, { body });
    expect(problem.detail).toContain(` is not known here: ${hint}`);
    const messages = problem.errors.map(({ message }: Record<string, string>) => message);
    expect(messages.join("\n")).toContain(` is not known here: ${hint}`);
  });

  test.each([
    [`PUT ${meal}`, { enabled: "yes" }, '"enabled" must be true or false'],
    [`PUT ${meal}`, { rollout: 101 }, '"rollout" must be at most 100'],
    [`PUT ${meal}`, { rollout: -1 }, '"rollout" must be at least 0'],
    [`PUT ${meal}`, { description: "x".repeat(501) }, "must have at most 500 characters"],
    [`POST ${list}`, [], "the body must be an object"],
    [`POST ${list}`, { name: "a b" }, "must consist of letters, digits, hyphens and underscores"],
    [
      `POST ${list}`,
      { name: "a", type: "operation" },
      '"type" must be one of release, experiment, operational, kill_switch, permission; did you mean "operational"?',
    ],
    [`POST ${list}`, { name: "a", owner: "Team X" }, `"owner" must be a team's name in lower case`],
    [`POST ${list}`, { name: "a", expires: "soon" }, '"expires" must be a day as YYYY-MM-DD'],
    ["POST /v1/usage", { environment: "application", age: "x" }, "must be a number or null"],
    ["POST /v1/usage", { environment: "Prod" }, "must be the name of an environment"],
    [
      "POST /v1/usage",
      { environment: "application", evaluations: { a: 0.5 } },
      "must be a whole number",
    ],
  ])("%s with %j: %s", async (what, body, message) => {
    const { json: problem } = await api.ask(what, { body });
    expect(problem.detail).toContain(message);
    expect(problem.detail).not.toMatch(/\^|NOT|<=|>=/);
  });

  test("names the first character that is not JSON", async () => {
    const { json: problem } = await api.ask(`PUT ${meal}`, {
      body: "{enabled: true}",
      headers: json,
    });
    expect(problem.detail).toBe("Cannot read the body: it is not valid JSON at character 2");
  });

  test("with many errors is answered briefly and at once", async () => {
    const keys = Array.from({ length: 3_000 }, (_, index) => `"k${index}":1`);
    for (const body of [`{${keys.join()}}`, `{"${"k".repeat(32_000)}":1}`]) {
      const started = performance.now();
      const { status, text } = await api.ask(`PUT ${meal}`, { body, headers: json });
      expect(status).toBe(400);
      expect(text.length).toBeLessThan(4_000);
      expect(performance.now() - started).toBeLessThan(5_000);
    }
  });
});

describe("413 for more than 32 KiB", () => {
  const huge = JSON.stringify({ enabled: true, description: "x".repeat(32_768) });
  const bomb = JSON.stringify({ enabled: true, description: "x".repeat(20_000_000) });

  test("plain", async () => {
    expect(await statusesOf(huge)).toEqual([413, 413, 413]);
  });

  test.each([
    ["gzip", gzipSync(bomb)],
    ["deflate", deflateSync(bomb)],
    ["br", brotliCompressSync(bomb)],
  ])("unpacked from %s", async (encoding, body) => {
    expect(body.length).toBeLessThan(32_768);
    const headers = { ...json, "Content-Encoding": encoding };
    expect(await statusesOf(body, headers)).toEqual([413, 413, 413]);
  });

  test("in chunks", async () => {
    const headers = { ...json, "Transfer-Encoding": "chunked" };
    expect(await statusesOf(huge, headers)).toEqual([413, 413, 413]);
  });

  test("but a body of exactly 32 KiB is accepted", async () => {
    const body = `{"enabled":true}${" ".repeat(32_768 - 16)}`;
    expect((await api.ask(`PUT ${meal}`, { body, headers: json })).status).toBe(200);
    expect((await api.ask(`PUT ${meal}`, { body: `${body} `, headers: json })).status).toBe(413);
  });
});

test.each([
  ["gzip", gzipSync],
  ["deflate", deflateSync],
  ["br", brotliCompressSync],
])("a body compressed with %s is accepted", async (encoding, pack) => {
  const headers = { ...json, "Content-Encoding": encoding };
  const { status } = await api.ask(`PUT ${meal}`, { body: pack('{"enabled":true}'), headers });
  expect(status).toBe(200);
});

test("a body that does not match its Content-Encoding is a 400", async () => {
  const headers = { ...json, "Content-Encoding": "gzip" };
  expect(await statusesOf("no gzip at all", headers)).toEqual([400, 400, 400]);
});

test("jsonOf() reads any JSON value in any layout", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
      fc.constantFrom("", " ", "\t", "    "),
      (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        for (const laidOut of [text, text.replaceAll("\n", "\r\n"), `\n\t${text}\n`]) {
          const request = { get: () => "application/json", body: Buffer.from(laidOut) };
          expect(jsonOf(request as never)).toEqual(JSON.parse(laidOut));
        }
      },
    ),
    { numRuns: 300 },
  );
});
