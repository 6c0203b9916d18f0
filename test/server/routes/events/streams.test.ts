/** Event streams of lists. */
import { once } from "node:events";
import { connect } from "node:net";
import express from "express";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { respond } from "../../../../schema/compile/release.ts";
import type { ApiResponse } from "../../../../server/http/handler.ts";
import { close, createHttpServer, listen } from "../../../../server/http/http-server.ts";
import { streamHandler } from "../../../../server/routes/events/stream-handler.ts";
import { Streams } from "../../../../server/routes/events/streams.ts";
import { listEvents } from "../../../../server/routes/reads/list-events.ts";
import { readHandler } from "../../../../server/routes/reads/reads.ts";
import { Responses } from "../../../../server/routes/reads/responses.ts";
import { type OwnApi, startProcess, startService, until } from "../../setup/api.ts";
import { audience, Issuer } from "../../setup/issuer.ts";
import { Stream } from "../../setup/stream.ts";
import { TestTokens } from "../../setup/tokens.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;

/** A server whose flags do not change. */
let shared: OwnApi;
beforeAll(async () => {
  shared = await startService();
});

describe("GET /v1/feature-flags/ as text/event-stream", () => {
  test("begins with the current list, with the commit as its id", async () => {
    const api = await startService();
    const stream = await Stream.open(api, list);
    expect(stream.response.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
    });
    const { id, data } = await stream.event(0);
    expect(id).toBe(api.remote.head);
    expect(data).toEqual((await api.ask(`GET ${list}`)).json);
    stream.close();
  });

  test("sends the list of each commit, within 100 ms of the write's response", async () => {
    const api = await startService();
    const streams = await Promise.all(
      ["", "/staging"].map((at) => Stream.open(api, `${at}${list}`)),
    );
    const lags: number[] = [];
    for (let count = 1; count <= 5; count += 1) {
      const enabled = count % 2 === 0;
      const { headers } = await api.ask(`PUT ${meal}`, { body: { enabled } });
      const answered = performance.now();
      for (const stream of streams) {
        const { id, at } = await stream.event(count);
        expect(id).toBe(headers["bunting-commit"]);
        lags.push(at - answered);
      }
      expect((await streams[0]?.event(count))?.data.flags.meal_planning).toBe(enabled);
      expect((await streams[1]?.event(count))?.data).toMatchObject({
        environment: "staging",
        flags: { meal_planning: false },
      });
    }
    // The median, because the machine may be busy.
    expect(lags.sort((one, other) => one - other)[5]).toBeLessThan(100);
    for (const stream of streams) stream.close();
  });

  test("sends the commits that people push", async () => {
    const api = await startService();
    const stream = await Stream.open(api, list);
    await stream.event(0);
    const commit = api.remote.push({ "flags/platform/dark_mode.yaml": "enabled: true\n" });
    await api.sync();
    const { id, data } = await stream.event(1);
    expect({ id, on: data.flags.dark_mode }).toEqual({ id: commit, on: true });
    stream.close();
  });

  test("sends only new events to a client with Last-Event-ID", async () => {
    const api = await startService();
    const { head } = api.remote;
    const known = await Stream.open(api, list, { headers: { "Last-Event-ID": head } });
    const old = await Stream.open(api, list, { headers: { "Last-Event-ID": "0".repeat(40) } });
    await old.event(0);
    const { headers } = await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    expect((await known.event(0)).id).toBe(headers["bunting-commit"]);
    expect(known.events).toHaveLength(1);

    const back = await Stream.open(api, list, { headers: { "Last-Event-ID": head } });
    expect((await back.event(0)).data.flags.meal_planning).toBe(false);
    for (const stream of [known, old, back]) stream.close();
  });

  test.each([
    ["text/event-stream", true],
    ["TEXT/EVENT-STREAM", true],
    ["text/event-stream, */*;q=0.1", true],
    ["text/*", true],
    ["application/json", false],
    ["*/*", false],
    ["application/json, text/event-stream;q=0.5", false],
    ["text/event-stream;q=0, application/json", false],
    ["text/html, */*", false],
    ["text/event-streamer", false],
  ])("for Accept %s: %s, with an Origin or without", async (accept, isStream) => {
    for (const more of [{}, { Origin: "https://app.example" }]) {
      const stream = await Stream.open(shared, list, { headers: { Accept: accept, ...more } });
      const wanted = isStream ? "text/event-stream" : "application/json";
      expect(stream.response.headers["content-type"]).toBe(wanted);
      stream.close();
    }
  });

  test("is for lists only: a flag is always JSON", async () => {
    const headers = { Accept: "text/event-stream" };
    expect((await shared.ask(`GET ${meal}`, { headers })).json.name).toBe("meal_planning");
  });

  test("requires a token", async () => {
    const headers = { Accept: "text/event-stream" };
    expect((await shared.ask(`GET ${list}`, { as: null, headers })).status).toBe(401);
  });

  test("is counted while it is open, and forgotten when it is closed", async () => {
    const api = await startService();
    const clients = async () => {
      const { text } = await api.ask("GET /metrics");
      return Number(/^bunting_stream_clients (\d+)$/m.exec(text)?.[1]);
    };
    const streams = await Promise.all(Array.from({ length: 5 }, () => Stream.open(api, list)));
    expect(await clients()).toBe(5);
    for (const stream of streams) stream.close();
    await until(async () => (await clients()) === 0);
  });

  test("is refused with 429 to a token that has a thousand open, and to no other", async () => {
    const api = await startService();
    const opened = await Promise.all(Array.from({ length: 1_000 }, () => Stream.open(api, list)));
    expect(new Set(opened.map(({ status }) => status))).toEqual(new Set([200]));
    const headers = { Accept: "text/event-stream" };
    const refused = await api.ask(`GET ${list}`, { as: "reader", headers });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect((await api.ask(`GET ${list}`, { as: "reader" })).status).toBe(200);
    const other = await Stream.open(api, list, { as: "editor" });
    expect(other.status).toBe(200);

    opened[0]?.close();
    const again = async () => (await Stream.open(api, list)).status === 200;
    await until(again);
    for (const stream of [...opened, other]) stream.close();
  });

  test("ends with the token that opened it, before the next event", async () => {
    const api = await startService();
    const [mine, theirs] = [
      await Stream.open(api, list, { as: "editor" }),
      await Stream.open(api, list, { as: "reader" }),
    ];
    await Promise.all([mine.event(0), theirs.event(0)]);
    api.tokens.remove("editor");
    // The file is looked at once a second.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1_001 });
    await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    await theirs.event(1);
    await until(() => mine.isOver);
    expect(mine.events).toHaveLength(1);
    expect(theirs.isOver).toBe(false);
    theirs.close();
  });

  test("ends when its token is narrowed to other environments", async () => {
    const api = await startService();
    const [narrowed, other] = [
      await Stream.open(api, list, { as: "editor" }),
      await Stream.open(api, `/staging${list}`, { as: "editor" }),
    ];
    await Promise.all([narrowed.event(0), other.event(0)]);
    api.tokens.edit("editor", { environments: ["staging"] });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1_001 });
    await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    await other.event(1);
    await until(() => narrowed.isOver);
    expect(narrowed.events).toHaveLength(1);
    other.close();
  });

  test("ends when its token expires", async () => {
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const tokens = new TestTokens({ today: { role: "reader", expires: day } });
    const api = await startService({ tokens });
    const stream = await Stream.open(api, list, { as: "today" });
    await stream.event(0);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(`${day}T00:00:01Z`) });
    await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    await until(() => stream.isOver);
    expect(stream.events).toHaveLength(1);
  });

  test("continues as long as its JSON web token is valid, and no longer", async () => {
    const issuer = await Issuer.start();
    const api = await startService({ env: { OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: audience } });
    const token = await issuer.sign({ claims: { exp: Math.floor(Date.now() / 1_000) + 3_000 } });
    const headers = { Authorization: `Bearer ${token}` };
    const stream = await Stream.open(api, list, { headers });
    await stream.event(0);
    // After the time for which a verified token is kept.
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 400_000 });
    await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    await stream.event(1);
    await issuer.rotate();
    vi.setSystemTime(Date.now() + 400_000);
    await api.ask(`PUT ${meal}`, { body: { enabled: true } });
    await until(() => stream.isOver);
    expect(stream.events).toHaveLength(2);
  });

  test("ends after about an hour", async () => {
    const api = await startService();
    const stream = await Stream.open(api, list);
    await stream.event(0);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_500_000 });
    await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    await stream.event(1);
    vi.setSystemTime(Date.now() + 500_000);
    await api.ask(`PUT ${meal}`, { body: { enabled: true } });
    await until(() => stream.isOver);
    expect(stream.events).toHaveLength(2);
  });

  test("does not count in the durations of requests", async () => {
    const api = await startService();
    const stream = await Stream.open(api, list);
    await stream.event(0);
    stream.close();
    await until(async () =>
      /^bunting_stream_clients 0$/m.test((await api.ask("GET /metrics")).text),
    );
    const { text } = await api.ask("GET /metrics");
    expect(text).not.toMatch(/^bunting_http_request_duration_seconds_count\{route="\/v1/m);
  });

  test("ends at once on SIGTERM, and the server exits with 0", async () => {
    const api = await startProcess();
    const streams = await Promise.all(Array.from({ length: 10 }, () => Stream.open(api, list)));
    await Promise.all(streams.map((stream) => stream.event(0)));
    const began = performance.now();
    expect(await api.program.end("SIGTERM")).toBe(0);
    expect(performance.now() - began).toBeLessThan(5_000);
    await until(() => streams.every(({ isOver }) => isOver));
  });
});

test.each([9_999, 10_000, 10_001])(
  "a list of %s bytes has the same bytes as an answer and as an event",
  async (length) => {
    const start = "café ".repeat(500);
    const body = start + "x".repeat(length - Buffer.byteLength(start));
    const responses = new Responses();
    responses.serve({
      commit: "",
      committed_at: "2024-08-31T12:00:00Z",
      environments: ["application"],
      responses: [respond(list, body)],
    });
    const streams = new Streams(
      listEvents(responses),
      () => true,
      () => {},
    );
    const app = express();
    app.get(list, (request, response: ApiResponse, next) => {
      Object.assign(response.locals, { principal: { id: "ada" } });
      const isStream = request.get("Accept") === "text/event-stream";
      return (isStream ? streamHandler(streams) : readHandler(responses))(request, response, next);
    });
    const server = createHttpServer(app);
    const url = (await listen(server, "127.0.0.1", 0)) + list;
    const answer = await fetch(url);
    expect(await answer.text()).toBe(body);
    expect(answer.headers.get("content-length")).toBe(String(length));
    const event = await fetch(url, { headers: { accept: "text/event-stream" } });
    streams.close();
    expect(await event.text()).toBe(`id: \ndata: ${body}\n\n`);
    server.closeAllConnections();
    await close(server);
  },
);

/** Streams alone, without flags and tokens: the query names the principal. */
async function startStreams(body: string) {
  const responses = new Responses();
  const serve = (text: string) =>
    responses.serve({
      commit: "",
      committed_at: "2024-08-31T12:00:00Z",
      environments: ["application"],
      responses: [respond(list, text)],
    });
  serve(body);
  const streams = new Streams(
    listEvents(responses),
    () => true,
    () => {},
  );
  const app = express();
  app.get(list, (request, response: ApiResponse, next) => {
    Object.assign(response.locals, { principal: { id: String(request.query.as) } });
    return streamHandler(streams)(request, response, next);
  });
  app.use(((error, _request, response, _next) => {
    response.status(error.status).end();
  }) as express.ErrorRequestHandler);
  const server = createHttpServer(app);
  const url = await listen(server, "127.0.0.1", 0);
  const end = async () => {
    streams.close();
    server.closeAllConnections();
    await close(server);
  };
  return { streams, serve, url, end };
}

/** A client that reads the head of the response, and continues only on demand. */
async function openSocket(url: string, as: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(`GET ${list}?as=${as} HTTP/1.1\r\nHost: flags.example\r\n\r\n`);
  const [first] = (await once(socket, "data")) as [Buffer];
  socket.pause();
  return { socket, status: Number(first.toString("latin1").split(" ")[1]) };
}

describe("Streams", () => {
  test("sends a comment every 15 seconds", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const { url, end } = await startStreams("{}");
    const { socket } = await openSocket(url, "a");
    let head = "";
    socket.resume().on("data", (chunk) => {
      head += chunk;
    });
    for (let pings = 1; pings <= 3; pings += 1) {
      vi.advanceTimersByTime(15_000);
      await until(() => head.split(": ping\n\n").length === pings + 1);
    }
    vi.useRealTimers();
    await end();
  });

  test("disconnects only a client with more than a megabyte of unsent data", async () => {
    const { streams, serve, url, end } = await startStreams("{}");
    const [slow, quick] = [await openSocket(url, "a"), await openSocket(url, "b")];
    let read = 0;
    quick.socket.resume().on("data", (chunk: Buffer) => {
      read += chunk.length;
    });
    expect(streams.size).toBe(2);
    const list = JSON.stringify({ flags: "x".repeat(500_000) });
    let sent = 0;
    await until(async () => {
      serve(list);
      await streams.announce(`commit-${sent}`);
      sent += list.length;
      return streams.size === 1;
    });
    // The buffers of the kernel come first, then a megabyte.
    expect(sent).toBeLessThan(60_000_000);
    await until(() => read >= sent);
    slow.socket.resume();
    await once(slow.socket, "close");
    await end();
  });

  test("sends a change to a thousand readers in less than half a second", async () => {
    const { streams, serve, url, end } = await startStreams("{}");
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => openSocket(url, "a")));
    let received = 0;
    for (const { socket } of sockets)
      socket.resume().on("data", () => {
        received += 1;
      });
    const times: number[] = [];
    for (let round = 1; round <= 5; round += 1) {
      received = 0;
      serve(`{"round":${round}}`);
      const began = performance.now();
      await streams.announce(`commit-${round}`);
      await until(() => received >= 1_000);
      times.push(performance.now() - began);
    }
    expect(Math.min(...times)).toBeLessThan(500);
    for (const { socket } of sockets) socket.destroy();
    await end();
  });
});
