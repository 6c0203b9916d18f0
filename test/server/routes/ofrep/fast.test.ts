/** Evaluations that are answered before Express: the same responses as those of Express. */
import { once } from "node:events";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, startProcess, startService, until } from "../../setup/api.ts";
import { TestTokens } from "../../setup/tokens.ts";
import { ofrepRemote, path } from "./flags.ts";

let api: OwnApi;
beforeAll(async () => {
  const tester = { role: "reader", environments: ["test"] } as const;
  api = await startService({ remote: ofrepRemote(), tokens: new TestTokens({ tester }) });
});

const bodies = [
  "{}",
  '{"context":{"targetingKey":"u1","country":"SE"}}',
  '{"context":{"targetingKey":"caf\u00e9"}}',
  '{"context":[]}',
  '{"context":{},"context":{}}',
  "no JSON",
];
const paths = ["", "/half", "/plian", `/${"x".repeat(5_000)}`, "/-"].map((end) => path + end);
const cases = paths.flatMap((at) => bodies.map((body) => [at.slice(0, 60), body, at] as const));

describe("the answer before Express is the one of Express", () => {
  const compare = async (at: string, body: string, as: string | null, more: object = {}) => {
    const plain = { "Content-Type": "application/json", "X-Request-Id": "same", ...more };
    // Pages of unknown origins are answered by Express.
    const [fast, express] = await Promise.all(
      [plain, { ...plain, Origin: "https://unknown.example" }].map(async (headers) => {
        const { json: _, ...answer } = await api.ask(`POST ${at}`, { as, body, headers });
        const { date: __, ratelimit: ___, ...rest } = answer.headers;
        return { ...answer, headers: rest };
      }),
    );
    expect(fast).toEqual(express);
    return fast;
  };

  test.each(cases)("%s with %s", async (_name, body, at) => {
    await compare(at, body, "reader");
    await compare(`/test${at}`, body, "reader");
  });

  test("with a condition, in an environment that is not served, and without permission", async () => {
    const etag = String((await compare(path, "{}", "reader"))?.headers.etag);
    expect(await compare(path, "{}", "reader", { "If-None-Match": etag })).toMatchObject({
      status: 304,
      text: "",
    });
    for (const folder of ["/production", "/staging", "/-"])
      expect((await compare(`${folder}${path}`, "{}", "reader"))?.status).toBe(404);
    expect((await compare(path, "{}", "tester"))?.status).toBe(403);
    expect((await compare(path, "{}", null))?.status).toBe(401);
  });
});

test("a page of a configured origin gets its headers", async () => {
  const origin = "https://app.example";
  const own = await startService({ remote: ofrepRemote(), env: { FLAGS_CORS_ORIGINS: origin } });
  const ask = (from: string) =>
    own.ask(`POST ${path}/half`, { body: {}, headers: { Origin: from } });
  expect((await ask(origin)).headers).toMatchObject({
    "access-control-allow-origin": origin,
    vary: "Origin",
  });
  expect((await ask("https://other.example")).headers).not.toHaveProperty(
    "access-control-allow-origin",
  );
});

test("an evaluation is counted in the metrics under its route, errors too", async () => {
  const own = await startService({ remote: ofrepRemote() });
  await own.ask(`POST ${path}/half`, { body: {} });
  await own.ask(`POST /test${path}`, { body: {} });
  await own.ask(`POST ${path}/plian`, { body: {} });
  const { text } = await own.ask("GET /metrics");
  const count = "bunting_http_request_duration_seconds_count";
  const single = `route="${path}/{flag_name}",method="POST"`;
  expect(text).toContain(`${count}{${single},status="200"} 1`);
  expect(text).toContain(`${count}{${single},status="404"} 1`);
  expect(text).toContain(`${count}{route="/{environment}${path}",method="POST",status="200"} 1`);
  expect(text).toContain(`bunting_http_errors_total{route="${path}/{flag_name}",status="404"} 1`);
});

test("a client that disconnects while it sends its body is logged with 499, and does not affect others", async () => {
  const own = await startProcess({ remote: ofrepRemote(), env: { LOG_LEVEL: "debug" } });
  const { hostname, port } = new URL(own.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${own.tokens.of("reader")}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"context"',
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  socket.destroy();
  await until(() => own.program.log.some(({ path: at, status }) => at === path && status === 499));
  expect((await own.ask(`POST ${path}`, { body: {} })).status).toBe(200);
});
