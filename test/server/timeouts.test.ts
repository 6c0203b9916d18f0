/** Clients that take their time, or all the sockets. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, startService, until } from "./api.ts";

const list = "/v1/feature-flags/";

let api: OwnApi;
const sockets: Socket[] = [];
beforeAll(async () => {
  api = await startService();
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
});

/** A client that says only this. */
async function say(text: string) {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  await once(socket, "connect");
  const client = { socket, heard: "", isOver: false, since: performance.now(), until: 0 };
  socket.on("error", () => {});
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    client.heard += chunk;
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

describe.concurrent("a connection is ended with 408", () => {
  test("when the headers take longer than 10 seconds, drop by drop or not at all", async () => {
    const clients = [await say(""), await say("GET /v1"), await say(head("x"))];
    const dripping = await say("GET / HTTP/1.1\r\n");
    const drip = setInterval(() => dripping.socket.write("X-A: b\r\n"), 500);
    await until(() => [...clients, dripping].every(({ isOver }) => isOver), 25_000);
    clearInterval(drip);
    for (const { heard, since, until: end } of [...clients, dripping]) {
      expect(heard).toMatch(/^HTTP\/1\.1 408 |^$/);
      expect(end - since).toBeGreaterThan(8_000);
    }
  });

  test("when the body takes longer than 30 seconds", async () => {
    const client = await say(`${head(api.tokens.of("admin"))}Content-Length: 100\r\n\r\n{`);
    const drip = setInterval(() => client.socket.write(" "), 1_000);
    await until(() => client.isOver, 45_000);
    clearInterval(drip);
    expect(client.heard).toMatch(/^HTTP\/1\.1 (408|400) /);
    expect(client.until - client.since).toBeGreaterThan(25_000);
  });
});

test("two thousand idle sockets keep nobody from reading and writing", async () => {
  for (let batch = 0; batch < 20; batch += 1) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => say(index % 2 ? "" : "GET ")));
  }
  const began = performance.now();
  expect((await api.ask(`GET ${list}`)).status).toBe(200);
  expect(performance.now() - began).toBeLessThan(2_000);
  const { status } = await api.ask(`PUT ${list}meal_planning`, { body: { enabled: false } });
  expect(status).toBe(200);
});
