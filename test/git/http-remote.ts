/**
 * A remote like that of a hosting service: git's own smart HTTP program behind a web server, with a
 * password, and with faults of the network and the service.
 *
 *     const remote = await serveOverHttp(bareRepository);
 *     remote.fail("push", "drop-after"); // the next push succeeds, and its response is lost
 *     remote.fail("fetch", "hang", Number.POSITIVE_INFINITY);
 *     remote.heal();
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { cleanUpAfterFile } from "../setup/test-file.ts";
import { type BackendAnswer, runHttpBackend } from "./http-backend.ts";
import type { TestRepository } from "./repository.ts";

export type Operation = "fetch" | "push";

export const faults = {
  /** The service refuses the known caller. */
  refuse: 403,
  /** The service no longer accepts the credentials. */
  unauthorized: 401,
  unavailable: 503,
  /** Receives the request and never answers. */
  hang: 0,
  /** Closes the connection without an effect. */
  drop: 0,
  /** Executes the request, and closes the connection without a response. */
  "drop-after": 0,
  /** Executes the request after a delay. */
  slow: 0,
} as const;

export type Fault = keyof typeof faults;

/** Contains characters that a URL must escape. */
const password = "s3cret@p/ss";
const slowness = 300;

/** Serves a bare repository until the file's last test. */
export async function serveOverHttp({ directory }: TestRepository): Promise<HttpRemote> {
  const remote = new HttpRemote(directory);
  await remote.start();
  cleanUpAfterFile(() => remote.stop());
  return remote;
}

export interface HeldPush {
  readonly hasBegun: Promise<void>;
  release(): void;
}

export class HttpRemote {
  /** In the order of arrival. */
  readonly requests: string[] = [];
  readonly #directory: string;
  readonly #faults = new Map<Operation, { fault: Fault; times: number }>();
  readonly #server = createServer((request, response) => {
    this.#active += 1;
    this.#answer(request, response)
      .catch(() => response.destroy())
      .finally(() => {
        this.#active -= 1;
      });
  });
  #port = 0;
  #active = 0;
  #gate: { readonly begin: () => void; readonly opened: Promise<void> } | undefined;

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

  /** Lets an operation fail `times` times. A fault after the execution counts only executed requests. */
  fail(operation: Operation, fault: Fault, times = 1): void {
    this.#faults.set(operation, { fault, times });
  }

  heal(): void {
    this.#faults.clear();
  }

  /**
   * Holds the next push once it has arrived completely, until it is released. The push is then executed
   * even if its client has disconnected.
   */
  holdNextPush(): HeldPush {
    let [begin, open] = [() => {}, () => {}];
    const hasBegun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const gate = { begin, opened };
    this.#gate = gate;
    const release = () => {
      if (this.#gate === gate) this.#gate = undefined;
      open();
    };
    return { hasBegun, release };
  }

  /** Whether no request is being answered. */
  get isIdle(): boolean {
    return this.#active === 0;
  }

  get port(): number {
    return this.#port;
  }

  /** Listens, at the same port as before if there was one. */
  async start(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Closes all connections and refuses new ones. */
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
        await runHttpBackend(this.#directory, request, await buffer(request));
        return void request.socket.destroy();
      case "slow":
        await pause(slowness);
    }
    const content = await buffer(request);
    if (isDeed && url.includes("receive-pack")) await this.#passGate();
    const { status, headers, body }: BackendAnswer = await runHttpBackend(
      this.#directory,
      request,
      content,
    );
    response.writeHead(status, headers).end(body);
  }

  async #passGate(): Promise<void> {
    const gate = this.#gate;
    this.#gate = undefined;
    gate?.begin();
    await gate?.opened;
  }

  #faultFor(operation: Operation, isDeed: boolean): Fault | undefined {
    const planned = this.#faults.get(operation);
    if (!planned || planned.times <= 0) return undefined;
    if (planned.fault === "drop-after" && !isDeed) return undefined;
    planned.times -= 1;
    return planned.fault;
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, status === 401 ? { "WWW-Authenticate": 'Basic realm="git"' } : {});
  response.end();
}
