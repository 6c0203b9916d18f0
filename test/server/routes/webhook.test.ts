/** The webhook that GitHub sends after a push. */
import { once } from "node:events";
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, signed, startService, until } from "../setup/api.ts";

const what = "POST /webhooks/github";
const list = "/v1/feature-flags/";
const push = { "flags/platform/dark_mode.yaml": "enabled: true\n" };

/** A server whose remote gets no pushes. */
let quiet: OwnApi;
beforeAll(async () => {
  quiet = await startService();
});

describe("POST /webhooks/github", () => {
  test("signed with the shared secret fetches the push at once", async () => {
    const api = await startService();
    const commit = api.remote.push(push);
    const body = JSON.stringify({ ref: "refs/heads/main", after: commit });
    const { status, text } = await api.ask(what, signed(body));
    expect({ status, text }).toEqual({ status: 202, text: "" });
    await until(async () => (await api.ready()).commit === commit, 5_000);
    expect((await api.ask(`GET ${list}`)).json.flags.dark_mode).toBe(true);
  });

  test("sent again, or many times, has no further effect", async () => {
    const api = await startService();
    const commit = api.remote.push(push);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => api.ask(what, signed("{}"))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    await until(async () => (await api.ready()).commit === commit);
    expect((await api.ask(`PUT ${list}dark_mode`, { body: { enabled: false } })).status).toBe(200);
  });

  test("does not use the body", async () => {
    const api = await startService();
    const { commit } = await api.ready();
    for (const body of ["", "{", '{"ref":"refs/heads/evil","after":"--upload-pack=x"}'])
      expect((await api.ask(what, signed(body))).status).toBe(202);
    expect((await api.ready()).commit).toBe(commit);
  });

  const good = signed("{}").headers?.["X-Hub-Signature-256"] as string;
  test.each([
    ["none", undefined],
    ["an empty one", ""],
    ["one of another secret", signed("{}", "another").headers?.["X-Hub-Signature-256"]],
    ["one of another body", signed("{ }").headers?.["X-Hub-Signature-256"]],
    ["without its prefix", good.slice(7)],
    ["cut off", good.slice(0, -1)],
    ["with more after it", `${good}0`],
    ["in capitals", good.toUpperCase()],
    ["of SHA-1", `sha1=${good.slice(7, 47)}`],
  ])("with %s for a signature is a 403, and nothing is fetched", async (_what, signature) => {
    const headers = signature === undefined ? {} : { "X-Hub-Signature-256": signature };
    const { status } = await quiet.ask(what, { as: null, body: "{}", headers });
    expect(status).toBe(403);
    const { text } = await quiet.ask("GET /metrics");
    expect(text).not.toMatch(/^bunting_git_duration_seconds_count\{operation="fetch"/m);
  });

  test("does not exist if no secret is set", async () => {
    const api = await startService({ env: { GITHUB_WEBHOOK_SECRET: "" } });
    for (const asking of [signed("{}"), signed("{}", "")])
      expect((await api.ask(what, asking)).status).toBe(404);
  });

  test("accepts bodies as large as GitHub's, and no larger", async () => {
    const api = await startService();
    expect((await api.ask(what, signed("x".repeat(5_000_000)))).status).toBe(202);
    const huge = { ...signed("{}"), body: undefined };
    const headers = { ...huge.headers, "Content-Length": 25 * 1_024 * 1_024 + 1 };
    const { status } = await api.ask(what, { as: null, headers });
    expect(status).toBe(413);
  });

  test("reads no more of an endless body than GitHub sends", async () => {
    const api = await startService();
    const { hostname, port } = new URL(api.url);
    const chunk = `100000\r\n${"x".repeat(1_048_576)}\r\n`;
    for (const [signature, most] of [
      [good, 60_000_000],
      ["none", 10_000_000],
    ] as const) {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      let answer = "";
      socket.setEncoding("latin1").on("data", (text: string) => {
        answer += text;
      });
      socket.write(
        `POST /webhooks/github HTTP/1.1\r\nHost: flags.example\r\nTransfer-Encoding: chunked\r\nX-Hub-Signature-256: ${signature}\r\n\r\n`,
      );
      const closed = once(socket, "close").catch(() => {});
      let sent = 0;
      while (!socket.destroyed && answer === "" && sent < 2 * most) {
        const isTaken = socket.write(chunk);
        sent += chunk.length;
        if (!isTaken) await Promise.race([closed, once(socket, "drain").catch(() => {})]);
      }
      expect(sent).toBeLessThan(most);
      if (answer !== "")
        expect(answer).toMatch(signature === good ? /^HTTP\/1.1 413 / : /^HTTP\/1.1 403 /);
      socket.destroy();
    }
  });

  test("refuses an address that sends many wrong signatures, even with a right one", async () => {
    const api = await startService();
    const statuses: number[] = [];
    for (let count = 0; count < 65; count += 1)
      statuses.push((await api.ask(what, signed("{}", "another"))).status);
    expect(statuses.filter((status) => status === 403)).toHaveLength(60);
    const { status, headers } = await api.ask(what, signed("{}"));
    expect(status).toBe(429);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
  });
});
