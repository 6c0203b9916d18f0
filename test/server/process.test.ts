/** The server as a process: its settings, what it embeds without settings, and how it stops. */
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import { Agent } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../server/settings.ts";
import { temporaryDirectory } from "../git/repository.ts";
import { testCheckout } from "../scripts/setup/run.ts";
import { Program, startProcess, startService, until } from "./setup/api.ts";
import { began, flags, Remote } from "./setup/remote.ts";
import { sendRequest } from "./setup/send-request.ts";
import { Stream } from "./setup/stream.ts";
import { TestTokens } from "./setup/tokens.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;

describe.concurrent("SIGTERM", () => {
  test("finishes started writes, and exits with 0", async () => {
    const api = await startProcess();
    const agent = new Agent({ keepAlive: true });
    const held = api.remote.hold();
    const names = Object.keys(flags).map((file) => path.basename(file, ".yaml"));
    const writes = names.map((name) =>
      api.ask(`PUT ${list}${name}`, { agent, body: { description: "Changed at the end" } }),
    );
    const stream = await Stream.open(api, list);
    await until(held.hasBegun);

    const began = performance.now();
    api.program.child.kill("SIGTERM");
    await until(() => stream.isOver);
    // A load balancer gets a 503 from /readyz, and its further requests are answered.
    const ready = await api.ask("GET /readyz", { as: null });
    expect(ready).toMatchObject({ status: 503, text: '{"status":"stopping"}' });
    const read = await api.ask(`GET ${list}`, { agent });
    expect(read.status).toBe(200);
    expect(read.headers.connection).toBe("close");
    const late = await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    expect(late.status).toBe(503);
    expect(api.program.child.exitCode).toBe(null);
    held.release();
    for (const { status, headers } of await Promise.all(writes)) {
      expect(status).toBe(200);
      expect(api.remote.bare.git("cat-file", "-t", String(headers["bunting-commit"]))).toBe(
        "commit",
      );
    }
    expect(await api.program.ended).toBe(0);
    expect(performance.now() - began).toBeLessThan(8_000);
    expect(api.remote.length).toBe(1 + writes.length);
    agent.destroy();
  });

  test("answers new connections for a second if nothing is in progress", async () => {
    const api = await startProcess();
    api.program.child.kill("SIGTERM");
    await until(async () => (await api.ask("GET /readyz", { as: null })).status === 503);
    expect((await api.ask(`GET ${list}`)).status).toBe(200);
    expect(await api.program.ended).toBe(0);
  });

  test("does not wait for a connection without a request, which browsers open in advance", async () => {
    const api = await startProcess();
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    const began = performance.now();
    expect(await api.program.end("SIGTERM")).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    socket.destroy();
  });

  test("exits with 0 within ten seconds, even if requests hang", async () => {
    const api = await startProcess();
    const held = api.remote.hold();
    const write = api.ask(`PUT ${meal}`, { body: { enabled: false } }).catch(() => undefined);
    await until(held.hasBegun);
    const began = performance.now();
    expect(await api.program.end("SIGTERM")).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    held.release();
    await write;
    // The server ended the push: its client got no response, and the commit does not arrive later.
    await pause(1_000);
    expect(api.remote.length).toBe(1);
  });
});

describe.concurrent("npm start with nothing configured", () => {
  // So many flags that removing one exceeds no limit.
  const more = Object.fromEntries(
    ["one", "two", "three"].map((name) => [`flags/growth/step_${name}.yaml`, "enabled: true\n"]),
  );
  const start = (directory: string) =>
    new Program([], { PORT: "0", LOG_LEVEL: "silent" }, directory);

  test("makes a remote, a token shown once, and a CDN that serves what the API serves", async () => {
    const checkout = testCheckout();
    checkout.change(began, { ...flags, ...more });
    const first = start(checkout.directory);
    const [api, cdn] = [await first.url("API"), await first.url("CDN")];
    const [, token = ""] = /token, shown this once: (\S+)/.exec(first.output.stderr) ?? [];
    const headers = { Authorization: `Bearer ${token}` };
    expect(token).toMatch(/^bnt_/);
    expect(first.output.stderr).toMatch(/^Serving 6 flags at [0-9a-f]{7}:\n/);

    await sameEverywhere(api, cdn, headers, checkout.directory);
    const put = await sendRequest(api, `PUT ${meal}`, { headers, body: { enabled: false } });
    expect(put.status).toBe(200);
    await until(async () => (await (await fetch(`${cdn}${meal}`)).text()) === put.text);
    await sendRequest(api, `DELETE ${list}user_notifications`, { headers });
    await until(async () => (await fetch(`${cdn}${list}user_notifications`)).status === 404);
    await sameEverywhere(api, cdn, headers, checkout.directory);
    expect(await first.end("SIGTERM")).toBe(0);

    const data = path.join(checkout.directory, ".data");
    const [tokens, remote] = [path.join(data, "tokens.json"), path.join(data, "remote.git")];
    expect(readFileSync(tokens, "utf8")).not.toContain(token);
    expect(statSync(tokens).mode & 0o777).toBe(0o600);
    expect(existsSync(remote)).toBe(true);
    // The new data directory keeps its key and tokens out of commits.
    expect(checkout.git("ls-files", "--others", "--exclude-standard", ".data")).toBe("");
    expect(checkout.git("status", "--porcelain", "flags")).toBe("");

    checkout.write({ "flags/growth/step_one.yaml": "enabled: false\n" });
    const second = start(checkout.directory);
    const url = await second.url("API");
    expect(second.output.stderr).not.toContain("shown this once");
    expect(second.output.stderr).toContain(
      "  another token: bunting token --add .data/tokens.json --name NAME --role admin\n",
    );
    await until(() =>
      /differs from [0-9a-f]{7} in 1 file; only the commit was served\n {2}flags\/growth\/step_one\.yaml\n/.test(
        second.output.stderr,
      ),
    );
    expect(second.output.stderr).not.toContain(token);
    expect((await sendRequest(url, `GET ${meal}`, { headers })).text).toBe(put.text);
    expect(await second.end("SIGINT")).toBe(0);
  });

  test("says how to write a first flag if there is none", async () => {
    const checkout = testCheckout();
    checkout.change(began, { "README.md": "Flags\n" });
    const program = start(checkout.directory);
    await program.url("API");
    expect(program.output.stderr).toMatch(/^Serving 0 flags at /);
    expect(program.output.stderr).toContain("  to write a first flag: bunting init\n");
    expect(await program.end("SIGTERM")).toBe(0);
  });

  /** Requests each published URL from both. */
  async function sameEverywhere(
    api: string,
    cdn: string,
    headers: Record<string, string>,
    directory: string,
  ): Promise<void> {
    const file = path.join(directory, ".data/cdn/manifest.json");
    const read = () => JSON.parse(existsSync(file) ? readFileSync(file, "utf8") : "{}");
    const { commit } = (await sendRequest(api, "GET /readyz", { headers })).json;
    await until(() => read().commit === commit);
    const { responses } = read();
    expect(responses.length).toBeGreaterThan(10);
    for (const { path: url } of responses) {
      const [mine, theirs] = [
        await sendRequest(api, `GET ${url}`, { headers }),
        await fetch(cdn + url),
      ];
      const wanted = { status: mine.status, text: mine.text };
      expect({ status: theirs.status, text: await theirs.text() }, url).toEqual(wanted);
      for (const name of ["content-type", "etag", "content-length"])
        expect(theirs.headers.get(name), `${name} of ${url}`).toBe(mine.headers[name]);
      expect(theirs.headers.get("cache-control")).toMatch(/^public, max-age=/);
      const { etag = "" } = mine.headers;
      const known = await fetch(cdn + url, { headers: { "If-None-Match": etag } });
      expect(known.status).toBe(304);
    }
    for (const url of [
      "/",
      "/none",
      "/../tokens.json",
      "/%2e%2e/tokens.json",
      "/v1/feature-flags",
    ]) {
      const theirs = await sendRequest(cdn, `GET ${url}`).catch((error) => error);
      expect(String(theirs.text ?? theirs.message)).not.toContain("sha256");
      expect((await fetch(cdn + url)).status).toBe(404);
    }
  }
});

describe.concurrent("bunting start", () => {
  test("--help names every setting", async () => {
    const program = new Program(["--help"], {});
    expect(await program.ended).toBe(0);
    expect(program.output.stderr).toBe("");
    const { stdout } = program.output;
    expect(stdout).toContain("\nServe and change the flags");
    for (const name of settings) expect(stdout).toContain(name);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(110);
  });

  test.each([
    [["--acept-remote"], {}, "unknown option '--acept-remote' (did you mean --accept-remote?)"],
    [
      [],
      { FLAGS_REMOTE: "/nowhere/at/all.git", FLAGS_TOKENS: "x" },
      "Cannot reach the remote: '/nowhere/at/all.git' does not appear to be a git repository\n  hint: check FLAGS_REMOTE, the network, and the credentials of git for this remote\n",
    ],
    [
      [],
      { FLAGS_REMOTE: ".", FLAGS_BRANCH: "mian", FLAGS_TOKENS: "x" },
      'Cannot follow "mian": the remote has no such branch; branches there: main\n  hint: set FLAGS_BRANCH to a branch of the remote, or push the branch\n',
    ],
    [[], { FLAGS_REMOTE: "/nowhere/at/all.git" }, "set FLAGS_TOKENS to the path of a tokens file"],
    [[], { FLAGS_TOKENS: "/nowhere/tokens.json" }, "/nowhere/tokens.json"],
    [[], { FLAGS_TOKENS: "flags" }, 'Cannot read the tokens file "flags": EISDIR'],
    [
      [],
      { FLAGS_SIGNING_KEY: "/nowhere/key" },
      'Cannot sign commits with "/nowhere/key": there is no such file',
    ],
    [
      [],
      { FLAGS_REMOTE: "https://ada:hunter2@127.0.0.1:9/flags.git", FLAGS_TOKENS: "x" },
      "Cannot reach the remote: ",
    ],
  ])("%j with %j exits with 2 and the reason", async (args, env, message) => {
    const checkout = testCheckout();
    checkout.change(began, flags);
    const program = new Program(
      args,
      { PORT: "0", ...env } as Record<string, string>,
      checkout.directory,
    );
    expect(await program.ended).toBe(2);
    expect(program.output.stderr).toContain(message);
    expect(program.output.stderr).not.toMatch(/hunter2|\n {4}at /);
  });

  test("only --accept-remote continues with a branch that lost commits", async () => {
    const remote = new Remote();
    const first = remote.head;
    remote.push({ "flags/platform/dark_mode.yaml": "enabled: true\n" });
    const given = { remote, tokens: new TestTokens(), data: temporaryDirectory() };
    await (await startProcess(given)).program.end("SIGTERM");
    remote.bare.git("update-ref", "refs/heads/main", first);

    const wary = await startProcess(given);
    expect((await wary.ready()).status).toBe("degraded");
    expect((await wary.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(503);
    await wary.program.end("SIGTERM");

    const accepting = await startProcess({ ...given, args: ["--accept-remote"] });
    expect(await accepting.ready()).toMatchObject({ status: "ok", commit: first });
    expect((await accepting.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
  });
});

const settings = [
  "PORT",
  "HOST",
  "FLAGS_REMOTE",
  "FLAGS_BRANCH",
  "FLAGS_DATA",
  "FLAGS_TOKENS",
  "FLAGS_SIGNING_KEY",
  "FLAGS_PUBLISH",
  "FLAGS_POLL_SECONDS",
  "FLAGS_WRITES_PER_MINUTE",
  "FLAGS_CORS_ORIGINS",
  "FLAGS_USAGE",
  "FLAGS_TRUSTED_PROXIES",
  "LOG_LEVEL",
  "OIDC_ISSUER",
  "OIDC_AUDIENCE",
  "OIDC_ROLE_CLAIM",
  "GITHUB_WEBHOOK_SECRET",
];

describe("readSettings()", () => {
  test.each([
    [{ FLAGS_POLL_SECONDS: "0" }, "a number from 1 to 86400"],
    [{ FLAGS_POLL_SECONDS: "1.5" }, "a number from 1 to 86400"],
    [{ FLAGS_WRITES_PER_MINUTE: "-1" }, "a number from 0 to 1000000"],
    [{ FLAGS_WRITES_PER_MINUTE: "many" }, "a number from 0 to 1000000"],
    [{ FLAGS_TRUSTED_PROXIES: "true" }, "a number from 0 to 100"],
    [{ FLAGS_USAGE: "anyone" }, "one of token, anonymous"],
    [{ FLAGS_USAGE: "anonymous" }, "FLAGS_CORS_ORIGINS names no origin"],
    [{ FLAGS_CORS_ORIGINS: "https://a.example, https://b.example/" }, '"https://b.example/"'],
    [{ FLAGS_CORS_ORIGINS: "app.example" }, "an origin without a path"],
    [{ LOG_LEVEL: "verbose" }, "one of trace, debug, info"],
    [{ LOG_LEVEL: "constructor" }, "one of trace, debug, info"],
    [{ OIDC_ISSUER: "https://issuer.example" }, "OIDC_AUDIENCE is missing"],
    [{ FLAGS_REMOTE: "https://git.example/flags" }, "set FLAGS_TOKENS"],
  ])("refuses %j, and names the expected value", (env, message) => {
    expect(() => readSettings(env)).toThrow(message);
  });

  test("has defaults for all settings", () => {
    expect(readSettings({})).toEqual({
      host: "127.0.0.1",
      port: 8_080,
      remote: undefined,
      branch: "main",
      data: ".data",
      signingKey: undefined,
      tokens: undefined,
      publish: undefined,
      pollSeconds: 15,
      writesPerMinute: 60,
      origins: [],
      usage: "token",
      trustedProxies: 0,
      logLevel: "info",
      oidc: undefined,
      webhookSecret: undefined,
    });
  });
});

test("FLAGS_POLL_SECONDS is the interval of fetches", async () => {
  const api = await startService({ env: { FLAGS_POLL_SECONDS: "1" } });
  const commit = api.remote.push({ "flags/platform/dark_mode.yaml": "enabled: true\n" });
  await until(async () => (await api.ready()).commit === commit, 10_000);
  expect((await api.ask(`GET ${list}`)).json.flags.dark_mode).toBe(true);
});

test("FLAGS_BRANCH is the branch that is served and written", async () => {
  const remote = new Remote();
  remote.bare.git("branch", "flags", "main");
  const api = await startService({ remote, env: { FLAGS_BRANCH: "flags" } });
  const main = remote.head;
  expect((await api.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
  expect(remote.head).toBe(main);
  expect(remote.show("%s", "flags")).toBe("Disable meal_planning");
});
