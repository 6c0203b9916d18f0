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

/**
 * `base` is one of Node's two, which are functions and can be called: a class's `super()` is slower.
 *
 * V8 gives a new object room for as many properties as the text of its constructor assigns. Node's assign
 * some forty; this one, which only calls them, would have none, and each property would make the object
 * grow: a quarter of a hot read's time. So its text assigns forty, in a branch that is never taken.
 */
function bornAs<Base extends typeof IncomingMessage | typeof ServerResponse>(
  base: Base,
  prototype: object,
): Base {
  const isNever = base === undefined;
  function Born(this: Record<string, unknown>, first: unknown, second: unknown): void {
    (base as unknown as (...args: unknown[]) => void).call(this, first, second);
    if (isNever) {
      // biome-ignore format: their number is all that counts
      this.p00 = this.p01 = this.p02 = this.p03 = this.p04 = this.p05 = this.p06 = this.p07 = this.p08 = this.p09 =
      this.p10 = this.p11 = this.p12 = this.p13 = this.p14 = this.p15 = this.p16 = this.p17 = this.p18 = this.p19 =
      this.p20 = this.p21 = this.p22 = this.p23 = this.p24 = this.p25 = this.p26 = this.p27 = this.p28 = this.p29 =
      this.p30 = this.p31 = this.p32 = this.p33 = this.p34 = this.p35 = this.p36 = this.p37 = this.p38 = this.p39 = undefined;
    }
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
