/** The log and the metrics, and what they must not contain. */
import { rmSync } from "node:fs";
import { Agent } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../git/repository.ts";
import {
  type OwnApi,
  type ProcessApi,
  signed,
  startProcess,
  startService,
  until,
} from "../setup/api.ts";
import { audience, Issuer } from "../setup/issuer.ts";
import { TestTokens } from "../setup/tokens.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;

describe("the log", () => {
  let api: ProcessApi;
  let issuer: Issuer;
  let secrets: string[];
  const data = temporaryDirectory();
  beforeAll(async () => {
    issuer = await Issuer.start();
    const tokens = new TestTokens({ narrow: { flags: ["none"] } });
    api = await startProcess({
      tokens,
      data,
      env: { LOG_LEVEL: "debug", OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: audience },
    });
    secrets = ["reader", "editor", "admin", "narrow"].map((name) => tokens.of(name));
  });

  // biome-ignore lint/suspicious/noExplicitAny: what is in a line is what is to be found out
  async function lineOf(id: string): Promise<any> {
    // A failed authentication has a line of its own, before that of its request.
    const matches = ({ requestId, method }: { requestId?: string; method?: string }) =>
      requestId === id && method !== undefined;
    await until(() => api.program.log.some(matches));
    return api.program.log.find(matches);
  }

  const askAndReadLog = async (
    id: string,
    what: string,
    asking: Parameters<typeof api.ask>[1] = {},
  ) => {
    const headers = { ...asking.headers, "X-Request-Id": id };
    const { status } = await api.ask(what, { ...asking, headers });
    return { status, line: await lineOf(id) };
  };

  test("has an audit line of each change: actor, change, flag, result and commit", async () => {
    const { line } = await askAndReadLog("audit-put", `PUT ${meal}`, {
      as: "editor",
      body: { enabled: false },
    });
    expect(line).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      audit: true,
      requestId: "audit-put",
      method: "PUT",
      path: meal,
      status: 200,
      actor: "editor",
      flag: "meal_planning",
      result: "committed",
      commit: api.remote.head,
      msg: "write",
    });
    const post = await askAndReadLog("audit-post", `POST ${list}`, {
      body: { name: "new_feature" },
    });
    expect(post.line).toMatchObject({ audit: true, flag: "new_feature", commit: api.remote.head });
    const { line: gone } = await askAndReadLog("audit-delete", `DELETE ${list}new_feature`);
    expect(gone).toMatchObject({ audit: true, flag: "new_feature", result: "committed" });
  });

  test.each([
    ["nobody", `PUT ${meal}`, { as: null, body: { enabled: true } }, 401, "refused-401"],
    ["a reader", `PUT ${meal}`, { as: "reader", body: { enabled: true } }, 403, "refused-403"],
    ["a narrow one", `POST ${list}`, { as: "narrow", body: { name: "a_b" } }, 403, "refused-403"],
    ["a bad body", `PUT ${meal}`, { body: { enabled: 1 } }, 400, "refused-400"],
    ["a bad type", `PUT ${meal}`, { body: "enabled" }, 415, "refused-415"],
    [
      "a huge body",
      `PUT ${meal}`,
      { body: { description: "x".repeat(40_000) } },
      413,
      "refused-413",
    ],
    ["no such flag", `PUT ${list}none`, { body: { enabled: true } }, 404, "not-found"],
    ["a duplicate", `POST ${list}`, { body: { name: "meal_planning" } }, 409, "duplicate"],
    [
      "a stale one",
      `PUT ${meal}`,
      { body: { enabled: true }, headers: { "If-Match": '"old"' } },
      412,
      "stale",
    ],
    ["personal data", `PUT ${meal}`, { body: { description: "ada.l@gmail.com" } }, 400, "invalid"],
  ])(
    "has an audit line of a change that is refused to %s",
    async (who, what, asking, status, result) => {
      const id = `refused-${who.replaceAll(" ", "-")}`;
      const { status: found, line } = await askAndReadLog(id, what, asking);
      expect(found).toBe(status);
      expect(line).toMatchObject({ audit: true, status, result });
    },
  );

  test("has the outcome of a change whose client did not wait for it", async () => {
    const held = api.remote.hold();
    const { hostname, port } = new URL(api.url);
    const body = '{"enabled":true}';
    const socket = connect(Number(port), hostname);
    socket.write(
      [
        `PUT ${meal} HTTP/1.1`,
        "Host: flags.example",
        `Authorization: Bearer ${api.tokens.of("admin")}`,
        "Content-Type: application/json",
        `Content-Length: ${body.length}`,
        "X-Request-Id: left-alone",
        "",
        body,
      ].join("\r\n"),
    );
    const before = api.remote.head;
    await until(held.hasBegun);
    socket.destroy();
    held.release();
    const line = await lineOf("left-alone");
    expect(line).toMatchObject({
      audit: true,
      status: 499,
      result: "committed",
      flag: "meal_planning",
    });
    expect(line.commit).toBe(api.remote.head);
    expect(api.remote.head).not.toBe(before);
  });

  test("keeps text of a client on the line of its request", async () => {
    const forged = '\n{"level":"info","audit":true,"msg":"write","actor":"eve"}\n';
    const path = `${list}${encodeURIComponent(forged)}`;
    await askAndReadLog("forged-1", `GET ${path}`);
    await askAndReadLog("forged-2", `PUT ${path}`, { body: { enabled: true } });
    await askAndReadLog("forged-3", `POST ${list}`, { body: { name: forged } });
    const own = { "X-Request-Id": 'a"b\tc' };
    await api.ask(`PUT ${path}`, { body: { enabled: true }, headers: own });
    expect(api.program.log.filter(({ actor }) => actor === "eve")).toEqual([]);
  });

  test("has each failed authentication with its address and reason", async () => {
    const failed = async (authorization: string | undefined) => {
      const id = `failed-${Math.random()}`;
      const headers = { "X-Request-Id": id, ...(authorization && { authorization }) };
      await api.ask(`GET ${list}`, { as: null, headers });
      await lineOf(id);
      return api.program.log.find(({ requestId, msg }) => {
        return requestId === id && msg === "authentication failed";
      });
    };
    const bad = await issuer.sign({ claims: { role: "root" } });
    const old = await issuer.sign({ claims: { exp: 1 } });
    const hmac = await issuer.sign({ header: { alg: "HS256" }, key: await issuer.pem() });
    for (const [token, reason] of [
      [undefined, "no Authorization header"],
      ["Basic abc", "no bearer token"],
      ["Bearer abc", "the token is unknown"],
      [`Bearer ${bad}`, 'the claim "role" of "user-1" names no role'],
      [`Bearer ${old}`, '"exp" claim timestamp check failed'],
      [`Bearer ${hmac}`, 'the algorithm "HS256" is not accepted'],
    ] as const) {
      expect(await failed(token)).toMatchObject({
        level: "warn",
        address: "127.0.0.1",
        reason: expect.stringContaining(reason),
      });
    }
  });

  test("has a read at level debug, from the fast path or Express", async () => {
    for (const headers of [{}, { Origin: "https://elsewhere.example" }]) {
      const { line } = await askAndReadLog(`read-${Object.keys(headers).length}`, `GET ${meal}`, {
        as: "reader",
        headers,
      });
      expect(line).toMatchObject({ msg: "read", path: meal, status: 200, actor: "reader" });
    }
  });

  test("shortens long texts", async () => {
    const { line } = await askAndReadLog("long", `PUT ${list}${"a".repeat(10_000)}`, { body: {} });
    expect(JSON.stringify(line).length).toBeLessThan(1_000);
  });

  test("never has a token, a signature, a secret or a key in it", async () => {
    const jwt = await issuer.sign();
    const others = ["bnt_wrongwrongwrongwrongwrongwrong", `${jwt}x`, "my-own-idempotency-key"];
    const [admin = ""] = secrets;
    for (const token of [...secrets, ...others, jwt]) {
      const headers = { Authorization: `Bearer ${token}`, "Idempotency-Key": others[2] };
      await api.ask(`GET ${list}?access_token=${token}`, { as: null, headers });
      await api.ask(`PUT ${meal}?token=${token}`, { as: null, headers, body: { enabled: true } });
      await api.ask(`GET /none?token=${token}`, { as: null, headers: { Cookie: `t=${token}` } });
      await api.ask(`GET ${list}`, { as: null, headers: { Authorization: `Basic ${token}` } });
    }
    await api.ask("POST /webhooks/github", signed("{}"));
    await api.ask("POST /webhooks/github", signed("{}", "another secret"));
    await askAndReadLog("last", "GET /none");
    const { stdout, stderr } = api.program.output;
    for (const secret of [...secrets, ...others, jwt, admin, "what GitHub signs with", "sha256="]) {
      expect(stdout.includes(secret), secret).toBe(false);
      expect(stderr.includes(secret), secret).toBe(false);
    }
    expect(stdout.toLowerCase()).not.toContain("bearer ey");
    expect(stdout.toLowerCase()).not.toContain("bearer bnt");
  });

  test("has the internal error, which the response does not have", async () => {
    rmSync(path.join(data, "clone.git"), { recursive: true });
    const { status } = await askAndReadLog("broken", `GET ${meal}/history`);
    expect(status).toBe(500);
    const failed = api.program.log.find(({ msg }) => msg === "failed");
    expect(failed).toMatchObject({ level: "error", requestId: "broken", status: 500 });
    expect(failed.err.stack).toContain("at ");
  });

  test("has only JSON lines", () => {
    expect(api.program.log.length).toBeGreaterThan(20);
  });
});

describe("/metrics", () => {
  let api: OwnApi;
  beforeAll(async () => {
    api = await startService();
  });

  /** The value of each series, by its name and labels. */
  async function read(): Promise<Map<string, number>> {
    const { text } = await api.ask("GET /metrics", { as: "reader" });
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(
      lines.map((line) => {
        const space = line.lastIndexOf(" ");
        return [line.slice(0, space), Number(line.slice(space + 1))];
      }),
    );
  }

  test("is in the text format of Prometheus, each metric with help and type", async () => {
    const { headers, text } = await api.ask("GET /metrics", { as: "reader" });
    expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    const names = [...text.matchAll(/^# HELP (\S+) ./gm)].map(([, name]) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "bunting_http_request_duration_seconds",
        "bunting_http_errors_total",
        "bunting_flag_updates_total",
        "bunting_queue_depth",
        "bunting_served_commit_age_seconds",
        "bunting_sync_age_seconds",
        "bunting_stream_clients",
        "bunting_git_duration_seconds",
        "bunting_git_conflicts_total",
        "process_resident_memory_bytes",
      ]),
    );
    const types = [...text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm)];
    expect(types.map(([, name]) => name)).toEqual(names);
  });

  test("counts requests by route, method and status, from the fast path or Express", async () => {
    const series = (route: string, method: string, status: number) =>
      `bunting_http_request_duration_seconds_count{route="${route}",method="${method}",status="${status}"}`;
    await api.sync();
    const before = await read();
    const { etag } = (await api.ask(`GET ${list}`)).headers;
    await api.ask(`GET ${list}`, { headers: { "If-None-Match": etag } });
    await api.ask(`GET ${list}`, { headers: { Origin: "https://app.example" } });
    await api.ask(`GET /staging${meal}`);
    await api.ask(`GET ${list}none`);
    await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    const after = await read();
    const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grown(series(list, "GET", 200))).toBe(2);
    expect(grown(series(list, "GET", 304))).toBe(1);
    expect(grown(series("/{environment}/v1/feature-flags/{flag_name}", "GET", 200))).toBe(1);
    expect(grown(series("/v1/feature-flags/{flag_name}", "GET", 404))).toBe(1);
    expect(grown(series("/v1/feature-flags/{flag_name}", "PUT", 200))).toBe(1);
    expect(
      grown('bunting_http_errors_total{route="/v1/feature-flags/{flag_name}",status="404"}'),
    ).toBe(1);
    expect(grown('bunting_flag_updates_total{kind="update",result="committed"}')).toBe(1);
    for (const operation of ["fetch", "commit", "push"]) {
      const name = `bunting_git_duration_seconds_count{operation="${operation}",result="ok"}`;
      expect(after.get(name) ?? 0, name).toBeGreaterThan(0);
    }
  });

  test("shows the age of the head, and the published commit", async () => {
    const values = await read();
    expect(values.get("bunting_queue_depth")).toBe(0);
    expect(values.get("bunting_sync_age_seconds")).toBeLessThan(600);
    expect(values.get("bunting_served_commit_age_seconds")).toBeGreaterThanOrEqual(0);
    expect([...values.keys()]).not.toContain("bunting_publish_age_seconds");
  });

  test("has no more series after hundreds of unknown paths, methods and kinds", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    await api.ask("GET /none");
    for (const method of ["GET", "PUT", "DELETE", "PROPFIND"])
      await api.ask(`${method} ${list}x`, { body: method === "GET" ? undefined : {} });
    await api.ask(`PUT /other${list}x`, { body: {} });
    await api.ask(`GET /other${list}`);
    await api.ask(`GET /other${list}x`);
    await api.ask(`GET /other${list}x/history`);
    await api.ask(`GET ${list}x/history`);
    await api.ask(`POST ${list}`, { body: {} });
    const before = (await read()).size;
    const paths = Array.from({ length: 100 }, (_, index) => [
      `GET /path${index}`,
      `GET ${list}flag_${index}`,
      `PUT ${list}flag_${index}`,
      `GET /env${index}${list}`,
      `GET /env${index}${list}flag`,
      `GET ${list}flag_${index}/history`,
    ]);
    const ask = (what: string) =>
      api.ask(what, { agent, body: what.startsWith("PUT") ? {} : undefined });
    await Promise.all(paths.flat().map(ask));
    agent.destroy();
    const names = [...(await read()).keys()];
    expect(names.filter((name) => /path\d|flag_\d|env\d/.test(name))).toEqual([]);
    expect(names.length).toBeLessThanOrEqual(before + 40);
  });

  test("shows the age of the publication if there is one", async () => {
    const own = await startService({
      env: { FLAGS_PUBLISH: path.join(temporaryDirectory(), "a") },
    });
    await until(async () => (await own.ready()).published_commit !== null);
    const { text } = await own.ask("GET /metrics");
    expect(Number(/^bunting_publish_age_seconds (\S+)$/m.exec(text)?.[1])).toBeLessThan(60);
  });
});

test("a Change-Reason with personal data or a credential is refused, for every kind of write", async () => {
  const api = await startService();
  const { head } = api.remote;
  for (const [what, reason] of [
    ["a card number", "For 4111 1111 1111 1111"],
    ["an e-mail address", "Asked by ada.l@gmail.com"],
    ["an AWS access key", "Key AKIAIOSFODNN7EXAMPLE"],
    ["a GitHub token", `Token ghp_${"a1".repeat(18)}`],
    ["a Bunting API token", `Token bnt_${"a1".repeat(11)}`],
  ]) {
    const headers = { "Change-Reason": reason ?? "" };
    const answers = [
      await api.ask(`PUT ${meal}`, { body: { enabled: false }, headers }),
      await api.ask(`PUT ${meal}/definition`, { body: { enabled: false }, headers }),
      await api.ask(`POST ${list}`, { body: { name: "one_more", description: "" }, headers }),
      await api.ask(`DELETE ${meal}`, { headers }),
    ];
    for (const { status, json } of answers) {
      expect(status).toBe(400);
      expect(json.type).toContain("forbidden-text");
      expect(json.detail).toContain(`Cannot keep the Change-Reason: it has ${what} in it`);
    }
  }
  expect(api.remote.head).toBe(head);
});
