/** The HTTP server: time limits, start and stop. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** The open connections of each server. */
const connections = new WeakMap<Server, Set<Socket>>();

export function createHttpServer(listener: RequestListener): Server {
  const options = {
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    connectionsCheckingInterval: 2_000,
  };
  const server = createServer(options, listener);
  const open = new Set<Socket>();
  connections.set(server, open);
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return server;
}

/**
 * Starts to listen, and returns the server's URL. Throws an `Error` with the reason if it cannot; `fix`
 * follows "set" if the port cannot be used.
 */
export async function listen(
  server: Server,
  host: string,
  port: number,
  fix = "PORT to another port",
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === "EADDRINUSE";
      const reason = isTaken ? "another program listens there" : error.message;
      const variable = isTaken || error.code === "EACCES" ? fix : "HOST";
      reject(new Error(`Cannot listen on ${host}:${port}: ${reason}; set ${variable}`));
    });
    server.listen(port, host, resolve);
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`;
}

/** Refuses new connections, waits for responses that have started, and closes all other connections. */
export async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection becomes idle after its answer, and would then wait for another request.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  server.closeIdleConnections();
  // Browsers open connections before they need them. Node does not count these as idle.
  for (const socket of connections.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy();
  await closed;
  clearInterval(idle);
}
