/** Start and stop, by a person or a supervisor. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createServer, type Server } from "node:net";
import { hostname } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { findMisspeltSettings, readSettings } from "../../server/settings.ts";
import { TestRepository, temporaryDirectory } from "../git/repository.ts";
import { bareEnvironment, testCheckout } from "../scripts/setup/run.ts";
import { Program, startProcess, until } from "./setup/api.ts";
import { began, beganAt, flags, Remote } from "./setup/remote.ts";
import { sendRequest } from "./setup/send-request.ts";
import { TestTokens } from "./setup/tokens.ts";

describe("npm start", () => {
  let npm: ChildProcess | undefined;
  // Ends npm and its child processes, so that a failing test leaves no server.
  afterEach(() => {
    try {
      if (npm?.pid !== undefined) process.kill(-npm.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  });

  test("serves the checkout's flags with a token that it shows, and ends with 0 on SIGTERM", async () => {
    const checkout = testCheckout();
    checkout.change(began, flags);
    npm = spawn("npm", ["start"], {
      cwd: checkout.directory,
      env: { ...bareEnvironment, PORT: "0", HOST: "" } as NodeJS.ProcessEnv,
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    const ended = once(npm, "exit");
    let output = "";
    npm.stderr?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    await until(() => /token, shown this once: \S+\n/.test(output), 45_000);

    const [, url = ""] = /API +(http:\/\/127\.0\.0\.1:\d+)\/v1\//.exec(output) ?? [];
    const [, token = ""] = /token, shown this once: (\S+)/.exec(output) ?? [];
    const headers = { Authorization: `Bearer ${token}` };
    expect((await sendRequest(url, "GET /v1/feature-flags/", { headers })).json).toEqual({
      environment: "application",
      flags: { meal_planning: true, activity_tracking: false, user_notifications: true },
      updated_at: beganAt,
    });

    npm.kill("SIGTERM");
    const cure =
      'npm hands a signal to its shell alone: let "start" in package.json begin with exec';
    expect((await ended)[0], cure).toBe(0);
    await expect(sendRequest(url, "GET /healthz"), cure).rejects.toThrow("ECONNREFUSED");
  });
});

describe("a server that cannot start", () => {
  function start(env: Readonly<Record<string, string>>): Program {
    const remote = new Remote();
    const settings = { FLAGS_REMOTE: remote.directory, FLAGS_TOKENS: new TestTokens().file };
    return new Program([], { ...settings, FLAGS_DATA: temporaryDirectory(), ...env });
  }

  test("because its port is in use prints the reason, and exits with 2", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const program = start({ PORT: `${port}` });
    expect(await program.ended).toBe(2);
    other.close();
    const reason = "another program listens there; set PORT to another port";
    expect(program.output.stderr).toBe(`Cannot listen on 127.0.0.1:${port}: ${reason}\n`);
  });

  test("because the address is not one of this machine names HOST, and exits with 2", async () => {
    const program = start({ HOST: "192.0.2.1", FLAGS_PUBLSH: "cdn" });
    expect(await program.ended).toBe(2);
    expect(program.output.stdout).toContain("did you mean FLAGS_PUBLISH?");
    expect(program.output.stderr).toMatch(/^Cannot listen on 192\.0\.2\.1:.*; set HOST\n$/);
  });

  test("because another server works in FLAGS_DATA names that server, and exits with 2", async () => {
    const data = temporaryDirectory();
    const first = await startProcess({ data });
    const second = start({ PORT: "0", FLAGS_DATA: data });
    expect(await second.ended).toBe(2);
    expect(second.output.stderr).toContain(
      `Cannot use "${data}": process ${first.program.child.pid} on ${hostname()} (since `,
    );
    expect(second.output.stderr).toContain("set FLAGS_DATA to another directory\n");
    expect((await first.ask("GET /v1/feature-flags/")).status).toBe(200);
    await first.program.end("SIGTERM");
    expect(readdirSync(data)).not.toContain("server.lock");
  });

  test("because another server took its FLAGS_DATA over says which, and exits with 1", async () => {
    const data = temporaryDirectory();
    const { program } = await startProcess({ data, env: { LOG_LEVEL: "fatal" } });
    const other = { pid: 7, host: "web-2", id: "other", since: "2026-01-01T00:00:00Z" };
    writeFileSync(path.join(data, "server.lock"), JSON.stringify(other));
    expect(await program.ended).toBe(1);
    const problem = expect.stringContaining("process 7 on web-2 (since 2026-01-01T00:00:00Z) has");
    expect(program.output.stderr).toEqual(problem);
    expect(program.log).toEqual([expect.objectContaining({ msg: "lock lost", problem })]);
  });

  test("in a repository without commits leaves no directory behind", async () => {
    const directory = temporaryDirectory();
    new TestRepository(directory).git("init", "--quiet");
    const program = new Program([], { PORT: "0" }, directory);
    expect(await program.ended).toBe(2);
    expect(readdirSync(directory)).toEqual([".git"]);
  });

  test("in a subfolder of a repository of flags names the top", async () => {
    const checkout = testCheckout();
    checkout.change(began, { ...flags, "bunting.yaml": "protected: []\n" });
    const subfolder = path.join(checkout.directory, "flags");
    const program = new Program([], { PORT: "0" }, subfolder);
    expect(await program.ended).toBe(2);
    expect(program.output.stderr).toContain('hint: run the command in ".."');
    expect(readdirSync(subfolder)).not.toContain(".data");
  });

  test("because FLAGS_DATA cannot be created names it", async () => {
    const program = start({ PORT: "0", FLAGS_DATA: "/dev/null/data" });
    expect(await program.ended).toBe(2);
    expect(program.output.stderr).toMatch(/^Cannot create FLAGS_DATA "\/dev\/null\/data": ENOTDIR/);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "because of %s leaves neither a lock nor a token that nobody has seen",
    async (signal, code) => {
      const checkout = testCheckout();
      checkout.change(began, flags);
      const program = new Program([], { PORT: "0" }, checkout.directory);
      const data = path.join(checkout.directory, ".data");
      await until(() => existsSync(path.join(data, "tokens.json")));
      expect([code, 0]).toContain(await program.end(signal));
      expect(existsSync(path.join(data, "server.lock"))).toBe(false);
      const isShown = program.output.stderr.includes("admin token");
      expect(existsSync(path.join(data, "tokens.json"))).toBe(isShown);
    },
  );

  test("at first shows the token of the embedded tokens file once it starts", async () => {
    const checkout = testCheckout();
    checkout.change(began, flags);
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as { port: number };
    const run = (PORT: string) =>
      new Program([], { PORT, LOG_LEVEL: "silent" }, checkout.directory);
    expect(await run(`${port}`).ended).toBe(2);
    listener.close();
    const next = run("0");
    await next.url("API");
    expect(next.output.stderr).toContain("token, shown this once: ");
  });

  test("because the CDN's port is in use says which one that is", async () => {
    const checkout = testCheckout();
    checkout.change(began, flags);
    const [other, port] = await takePortAfterFreeOne();
    const program = new Program([], { PORT: `${port - 1}` }, checkout.directory);
    expect(await program.ended).toBe(2);
    other.close();
    expect(program.output.stderr).toBe(
      `Cannot listen on 127.0.0.1:${port}: another program listens there; set PORT to another port: the CDN takes the one after it\n`,
    );
  });

  /** Takes a port of which the one before is free. */
  async function takePortAfterFreeOne(): Promise<[Server, number]> {
    for (;;) {
      const other = createServer().listen(0, "127.0.0.1");
      await once(other, "listening");
      const { port } = other.address() as { port: number };
      const before = createServer().listen(port - 1, "127.0.0.1");
      const isFree = await once(before, "listening").then(
        () => true,
        () => false,
      );
      before.close();
      if (isFree) return [other, port];
      other.close();
    }
  }

  test("because PORT is no port prints the reason, and exits with 2", async () => {
    const program = start({ PORT: "abc" });
    expect(await program.ended).toBe(2);
    const wanted = "it must be a number from 0 to 65535";
    expect(program.output).toEqual({ stdout: "", stderr: `Cannot use PORT "abc": ${wanted}\n` });
  });
});

test.each(["-1", "65536", "80.5", "0x50", " 80", "1e3"])(
  "readSettings() refuses PORT %j",
  (port) => {
    expect(() => readSettings({ PORT: port })).toThrow(`Cannot use PORT "${port}": `);
  },
);

test("readSettings() treats an empty variable like a missing one", () => {
  const { host, port } = readSettings({ HOST: "", PORT: "" });
  expect({ host, port }).toEqual({ host: "127.0.0.1", port: 8_080 });
});

test("findMisspeltSettings() names the setting that was meant, and leaves other variables alone", () => {
  const correct = {
    FLAGS_PUBLISH: "a",
    FLAGS_POLL_SECONDS: "1",
    FLAGS_CORS_ORIGINS: "a",
    PORT: "1",
  };
  const ofKubernetes = {
    FLAGS_SERVICE_HOST: "10.0.0.1",
    FLAGS_PORT: "tcp",
    FLAGS_PORT_80_TCP: "tcp",
  };
  expect(findMisspeltSettings({ ...correct, ...ofKubernetes })).toEqual([]);
  expect(findMisspeltSettings({ FLAGS_PUBLSH: "a", FLAGS_TOKEN: "a", flags_remote: "a" })).toEqual([
    "FLAGS_PUBLSH is no setting and has no effect: did you mean FLAGS_PUBLISH?",
    "FLAGS_TOKEN is no setting and has no effect: did you mean FLAGS_TOKENS?",
    "flags_remote is no setting and has no effect: did you mean FLAGS_REMOTE?",
  ]);
});

test("SIGTERM ends a server at once with 0, though a client keeps its connection", async () => {
  const api = await startProcess();
  const agent = new Agent({ keepAlive: true });
  const outgoing = request(`${api.url}/healthz`, { agent }).end();
  const [response] = await once(outgoing, "response");
  await once(response.resume(), "end");

  const began = performance.now();
  expect(await api.program.end("SIGTERM")).toBe(0);
  expect(performance.now() - began).toBeLessThan(4_000);
  agent.destroy();
});
