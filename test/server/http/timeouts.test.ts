/** Slow clients, and clients that open many sockets. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, startService, until } from "../setup/api.ts";

const list = "/v1/feature-flags/";

let api: OwnApi;
const sockets: Socket[] = [];
beforeAll(async () => {
  api = await startService();
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
});

/** A client that sends only this. */
async function send(text: string, to = api) {
  const { hostname, port } = new URL(to.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  await once(socket, "connect");
  const client = { socket, received: "", isOver: false, since: performance.now(), until: 0 };
  socket.on("error", () => {});
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    client.received += chunk;
  });
  socket.on("close", () => {
    client.isOver = true;
    client.until = performance.now();
  });
  socket.write(text);
  return client;
}

const head = (token: string) =>
  `PUT ${list}meal_planning HTTP/1.1\r\nHost: flags.example\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;

test("createHttpServer() waits 10 seconds for headers and 30 for the whole of a request", () => {
  const { headersTimeout, requestTimeout } = api.service.server;
  expect({ headersTimeout, requestTimeout }).toEqual({
    headersTimeout: 10_000,
    requestTimeout: 30_000,
  });
});

/** Node checks every two seconds; a tenth of the real timeouts is enough. */
describe("a connection is ended with 408", () => {
  let slow: OwnApi;
  beforeAll(async () => {
    slow = await startService();
    slow.service.server.headersTimeout = 1_000;
    slow.service.server.requestTimeout = 3_000;
  });

  test("if the headers take too long, sent slowly or not at all", async () => {
    const clients = [
      await send("", slow),
      await send("GET /v1", slow),
      await send(head("x"), slow),
      await send("GET / HTTP/1.1\r\n", slow),
    ];
    const drip = setInterval(() => clients[3]?.socket.write("X-A: b\r\n"), 200);
    await until(() => clients.every(({ isOver }) => isOver));
    clearInterval(drip);
    for (const { received, since, until: end } of clients) {
      expect(received).toMatch(/^HTTP\/1\.1 408 /);
      expect(end - since).toBeGreaterThan(900);
    }
  });

  test("if the body takes too long, and nothing changes", async () => {
    const start = `${head(slow.tokens.of("admin"))}Content-Length: 100\r\n\r\n{`;
    const client = await send(start, slow);
    const drip = setInterval(() => client.socket.write(" "), 200);
    await until(() => client.isOver);
    clearInterval(drip);
    expect(client.received).toMatch(/^HTTP\/1\.1 408 /);
    expect(client.until - client.since).toBeGreaterThan(2_900);
    expect(slow.remote.length).toBe(1);
  });
});

test("two thousand idle sockets do not block reads and writes", async () => {
  for (let batch = 0; batch < 20; batch += 1) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => send(index % 2 ? "" : "GET ")));
  }
  const began = performance.now();
  expect((await api.ask(`GET ${list}`)).status).toBe(200);
  expect(performance.now() - began).toBeLessThan(2_000);
  const { status } = await api.ask(`PUT ${list}meal_planning`, { body: { enabled: false } });
  expect(status).toBe(200);
});
