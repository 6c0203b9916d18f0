/**
 * Starts the real server over a real bare remote: in this process for small tests, or in a process of its
 * own for tests that kill it, restart it, or set environment variables.
 */
/// <reference path="../../setup/provided.d.ts" />
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inject } from "vitest";
import { listen } from "../../../server/http/http-server.ts";
import { createLog } from "../../../server/observe/log.ts";
import { createService, type Service } from "../../../server/service.ts";
import { readSettings } from "../../../server/settings.ts";
import { RemoteBranch } from "../../../store/remote/remote-branch.ts";
import { openTarget } from "../../../store/target/open-target.ts";
import { FlagStore } from "../../../store/writes/flag-store.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import { cleanUpAfterFile } from "../../setup/test-file.ts";
import { Remote } from "./remote.ts";
import { type Answer, type RequestOptions, sendRequest } from "./send-request.ts";
import { TestTokens } from "./tokens.ts";

export interface Asking extends RequestOptions {
  /** The principal whose token is sent; `null` for none. */
  readonly as?: string | null;
}

export interface Options {
  readonly remote?: Remote;
  readonly tokens?: TestTokens;
  readonly data?: string;
  /** The port of a server in this process; a free one, if it is missing. */
  readonly port?: number;
  /** Additional environment variables of the server. */
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of the command. */
  readonly args?: readonly string[];
}

const webhookSecret = "what GitHub signs with";

/** A running server. */
export class Api {
  readonly url: string;
  readonly remote: Remote;
  readonly tokens: TestTokens;

  constructor(url: string, { remote, tokens }: { remote: Remote; tokens: TestTokens }) {
    this.url = url;
    this.remote = remote;
    this.tokens = tokens;
  }

  /** `what` is a method and a path: `PUT /v1/feature-flags/meal_planning`. As an admin by default. */
  ask(what: string, { as = "admin", headers = {}, ...question }: Asking = {}): Promise<Answer> {
    const own = as === null ? {} : { Authorization: `Bearer ${this.tokens.of(as)}` };
    return sendRequest(this.url, what, { ...question, headers: { ...own, ...headers } });
  }

  /** Sends a webhook, and waits until the server serves the head of the remote. */
  async sync(): Promise<void> {
    await this.ask("POST /webhooks/github", signed("{}"));
    await until(async () => (await this.ready()).commit === this.remote.head);
  }

  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what tests are to find out
  async ready(): Promise<any> {
    return (await this.ask("GET /readyz")).json;
  }
}

/** As GitHub sends it. */
export function signed(body: string, secret = webhookSecret): Asking {
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  return { as: null, body, headers: { "X-Hub-Signature-256": `sha256=${signature}` } };
}

/** Waits until a condition is true. Throws with its source after `timeoutMs`. Works with fake timers. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 15_000) {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Timed out waiting for ${condition}`);
    await pause(20);
  }
}

export class OwnApi extends Api {
  readonly service: Service;

  constructor(url: string, setup: { remote: Remote; tokens: TestTokens }, service: Service) {
    super(url, setup);
    this.service = service;
  }
}

/** A server in this process. */
export async function startService(given: Options = {}): Promise<OwnApi> {
  const { remote, tokens, data, env } = withDefaults(given);
  const settings = readSettings(env);
  const directory = path.join(data, "clone.git");
  const branch = await RemoteBranch.open(directory, remote.directory, settings.branch);
  const store = await FlagStore.open(branch, {
    commitKeys: settings.commitKeys ?? ["k".repeat(64)],
  });
  const target = settings.publish === undefined ? undefined : await openTarget(settings.publish);
  const log = createLog(settings.logLevel);
  const ready = { ...settings, tokens: tokens.file };
  const service = createService(ready, store, target, log);
  cleanUpAfterFile(() => service.close());
  return new OwnApi(
    await listen(service.server, "127.0.0.1", given.port ?? 0),
    { remote, tokens },
    service,
  );
}

/** `npm start`, started without npm. */
export async function startProcess(given: Options = {}): Promise<ProcessApi> {
  const { remote, tokens, env } = withDefaults(given);
  const child = new Program(given.args ?? [], env);
  const url = await child.url("API");
  return new ProcessApi(url, { remote, tokens }, child);
}

export class ProcessApi extends Api {
  readonly program: Program;

  constructor(url: string, setup: { remote: Remote; tokens: TestTokens }, program: Program) {
    super(url, setup);
    this.program = program;
  }
}

function withDefaults(given: Options) {
  const { remote = new Remote(), tokens = new TestTokens(), data = temporaryDirectory() } = given;
  const env = {
    PORT: "0",
    FLAGS_REMOTE: remote.directory,
    FLAGS_DATA: data,
    FLAGS_TOKENS: tokens.file,
    FLAGS_POLL_SECONDS: "3600",
    FLAGS_WRITES_PER_MINUTE: "0",
    FLAGS_COMMIT_KEY: "k".repeat(64),
    GITHUB_WEBHOOK_SECRET: webhookSecret,
    LOG_LEVEL: "silent",
    ...given.env,
  };
  return { remote, tokens, data, env };
}

/** `bunting start`, and what it prints. */
export class Program {
  readonly child: ChildProcess;
  readonly output = { stdout: "", stderr: "" };
  readonly ended: Promise<number | null>;

  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>>,
    cwd = temporaryDirectory(),
  ) {
    this.child = spawn(process.execPath, [inject("program"), "start", ...args], {
      cwd,
      env: { PATH: process.env.PATH ?? "", HOME: cwd, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const name of ["stdout", "stderr"] as const) {
      this.child[name]?.setEncoding("utf8").on("data", (text: string) => {
        this.output[name] += text;
      });
    }
    this.ended = new Promise((resolve) => this.child.on("close", resolve));
    cleanUpAfterFile(() => this.end("SIGKILL"));
  }

  /** The printed URL of the API or the CDN. */
  async url(what: string): Promise<string> {
    const pattern = new RegExp(`${what} +(http://\\S+?)/v1/`);
    await until(() => {
      if (this.child.exitCode !== null) throw new Error(`It ended: ${this.output.stderr}`);
      return pattern.test(this.output.stderr);
    }, 45_000);
    return pattern.exec(this.output.stderr)?.[1] ?? "";
  }

  /** The lines of its log. */
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what tests are to find out
  get log(): any[] {
    const whole = this.output.stdout.slice(0, this.output.stdout.lastIndexOf("\n") + 1);
    return whole
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  /** Sends a signal, and returns the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}
