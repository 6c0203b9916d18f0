/**
 * A remote as a hosting service runs it: git's own smart HTTP program behind a web server, with a
 * password, and with the faults that a network and a service have.
 *
 *     const remote = await serveOverHttp(bareRepository);
 *     remote.fail("push", "drop-after"); // the next push is taken, and its answer lost
 *     remote.fail("fetch", "hang", Number.POSITIVE_INFINITY);
 *     remote.heal();
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll } from "vitest";
import type { TestRepository } from "./repository.ts";

export type Operation = "fetch" | "push";

export const faults = {
  /** The service knows the caller and says no. */
  refuse: 403,
  /** The service does not know the caller any more. */
  unauthorized: 401,
  unavailable: 503,
  /** Takes the request and never answers. */
  hang: 0,
  /** Closes the connection and does nothing. */
  drop: 0,
  /** Does it all, and closes the connection instead of saying so. */
  "drop-after": 0,
  /** Does it after a while. */
  slow: 0,
} as const;

export type Fault = keyof typeof faults;

/** Contains what a URL must escape, so that nobody is misled by an easy one. */
const password = "s3cret@p/ss";
const slowness = 300;

const served: HttpRemote[] = [];
afterAll(() => Promise.all(served.map((remote) => remote.stop())));

/** Serves a bare repository until the file's last test. */
export async function serveOverHttp({ directory }: TestRepository): Promise<HttpRemote> {
  const remote = new HttpRemote(directory);
  await remote.start();
  served.push(remote);
  return remote;
}

export class HttpRemote {
  /** In the order in which they came. */
  readonly requests: string[] = [];
  readonly #directory: string;
  readonly #faults = new Map<Operation, { fault: Fault; times: number }>();
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  #port = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  get secrets(): readonly string[] {
    return [password, encodeURIComponent(password), "p/ss", "p%2Fss", "s3cret"];
  }

  /** With user and password. */
  get url(): string {
    const credentials = `bunting:${encodeURIComponent(password)}`;
    return `http://${credentials}@127.0.0.1:${this.#port}/${path.basename(this.#directory)}`;
  }

  /** Lets an operation fail so many times. A fault that comes after the deed counts only deeds. */
  fail(operation: Operation, fault: Fault, times = 1): void {
    this.#faults.set(operation, { fault, times });
  }

  heal(): void {
    this.#faults.clear();
  }

  /** Listens, at the same port when it did before. */
  async start(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Is gone: connections are closed, new ones refused. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = "" } = request;
    this.requests.push(`${method} ${url}`);
    const expected = `Basic ${Buffer.from(`bunting:${password}`).toString("base64")}`;
    if (request.headers.authorization !== expected) return refuse(response, 401);

    const isDeed = method === "POST";
    switch (this.#faultFor(url.includes("receive-pack") ? "push" : "fetch", isDeed)) {
      case "refuse":
        return refuse(response, 403);
      case "unauthorized":
        return refuse(response, 401);
      case "unavailable":
        return refuse(response, 503);
      case "hang":
        return;
      case "drop":
        return void request.socket.destroy();
      case "drop-after":
        await this.#runGit(request);
        return void request.socket.destroy();
      case "slow":
        await pause(slowness);
    }
    const { status, headers, body } = await this.#runGit(request);
    response.writeHead(status, headers).end(body);
  }

  #faultFor(operation: Operation, isDeed: boolean): Fault | undefined {
    const planned = this.#faults.get(operation);
    if (!planned || planned.times <= 0) return undefined;
    if (planned.fault === "drop-after" && !isDeed) return undefined;
    planned.times -= 1;
    return planned.fault;
  }

  /** RFC 3875, as far as `git http-backend` takes it. */
  async #runGit(request: IncomingMessage) {
    const { pathname, search } = new URL(request.url ?? "", "http://localhost");
    const { headers } = request;
    const child = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env.PATH,
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_PROJECT_ROOT: path.dirname(this.#directory),
        GIT_HTTP_EXPORT_ALL: "1",
        REMOTE_USER: "bunting",
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: headers["content-type"] ?? "",
        CONTENT_LENGTH: headers["content-length"] ?? "",
        HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "",
        HTTP_GIT_PROTOCOL: headers["git-protocol"] as string | undefined,
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    child.stdin.on("error", () => {}); // it may stop reading early
    request.pipe(child.stdin);
    return parseAnswer(await buffer(child.stdout));
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 401 ? { "WWW-Authenticate": 'Basic realm="git"' } : {});
  response.end();
}

function parseAnswer(bytes: Buffer) {
  const end = bytes.indexOf("\r\n\r\n");
  const lines = bytes.toString("latin1", 0, end).split("\r\n");
  const pairs = lines.map((line) => line.split(": ") as [string, string]);
  const { Status: status = "200", ...headers } = Object.fromEntries(pairs);
  return { status: Number.parseInt(status, 10), headers, body: bytes.subarray(end + 4) };
}
