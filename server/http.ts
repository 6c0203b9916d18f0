import {
  createServer,
  IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import type { Express } from "express";

/**
 * An HTTP server whose requests and responses are born with Express's own prototypes. Express would
 * change them on each request, which costs Node 20 three quarters of its time.
 */
export function createHttpServer(app: Express, listener: RequestListener): Server {
  const options = {
    IncomingMessage: bornAs(IncomingMessage, app.request),
    ServerResponse: bornAs(ServerResponse, app.response),
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 2_000,
  };
  return createServer(options, listener);
}

/** `base` is one of Node's two, which are functions and can be called: a class's `super()` is slower. */
function bornAs<Base extends typeof IncomingMessage | typeof ServerResponse>(
  base: Base,
  prototype: object,
): Base {
  function Born(this: object, ...[first, second]: unknown[]): void {
    (base as unknown as (...args: unknown[]) => void).call(this, first, second);
  }
  Born.prototype = prototype;
  return Born as unknown as Base;
}

/** Listens, and returns the URL. Throws with words where it cannot. */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "another program listens there" : error.message;
      reject(new Error(`Cannot listen on ${host}:${port}: ${reason}; set PORT to another port`));
    });
    server.listen(port, host, resolve);
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`;
}

/** Takes no new connections, lets answers finish that were begun, and ends idle connections. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection that answers now is idle in a moment, and would wait for another request.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  server.closeIdleConnections();
  await closed;
  clearInterval(idle);
}
