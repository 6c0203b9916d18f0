/** The event stream: changes arrive at once, one tab reads it for all tabs, and polling continues without it. */
import type { RequestListener, ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readEvents } from "../../../client/extras/events.ts";
import { clientsForTests } from "../clients.ts";
import { openPage, type Page } from "../page.ts";
import { json, list, respond, type Source, startSource } from "../source.ts";

const create = clientsForTests();
let page: Page;
let source: Source;
let streams: { response: ServerResponse; lastId: string | undefined }[];
beforeEach(async () => {
  streams = [];
  page = openPage();
  source = await startSource(streamOr(json(list({ meal_planning: true }))));
});
afterEach(async () => {
  page[Symbol.dispose]();
  await source[Symbol.asyncDispose]();
});

function streamOr(other: RequestListener): RequestListener {
  return (request, response) => {
    if (request.headers.accept !== "text/event-stream") return other(request, response);
    expect(request.headers.authorization).toBe("Bearer bnt_secret");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    streams.push({ response, lastId: request.headers["last-event-id"] as string | undefined });
  };
}

function stream(at = 0): Promise<ServerResponse> {
  return vi.waitFor(
    () => {
      const found = streams[at];
      if (!found) throw new Error(`Cannot find stream ${at}`);
      return found.response;
    },
    { timeout: 10_000 },
  );
}

function createStreaming() {
  return create({ url: source.url, token: "bnt_secret", stream: true });
}

function event(id: string, flags: Record<string, boolean>, day: number): string {
  return `id: ${id}\ndata: ${JSON.stringify(list(flags, day))}\n\n`;
}

test("a change arrives at once in every tab, over one stream", async () => {
  const tabs = [createStreaming(), createStreaming()];
  await Promise.all(tabs.map(({ ready }) => ready));
  const response = await stream();
  for (const [day, isOn] of [false, true, false].entries()) {
    response.write(event(`${day}`, { meal_planning: isOn }, day + 2));
    for (const tab of tabs) {
      await vi.waitFor(() => expect(tab.isEnabled("meal_planning")).toBe(isOn));
    }
  }
  expect(streams).toHaveLength(1);
  expect(source.requests.filter(({ headers }) => headers.accept === "*/*")).toHaveLength(2);
  tabs[0]?.close();
  (await stream(1)).write(event("4", { meal_planning: true }, 9));
  await vi.waitFor(() => expect(tabs[1]?.isEnabled("meal_planning")).toBe(true));
});

test("a stream that ends is opened again with Last-Event-ID", async () => {
  const flags = createStreaming();
  (await stream()).end(event("0a1b", { meal_planning: false }, 2));
  await vi.waitFor(() => expect(flags.isEnabled("meal_planning", true)).toBe(false));
  const next = await stream(1);
  expect(streams[1]?.lastId).toBe("0a1b");
  next.write(": same\n\n");
  next.write(event("2c3d", { meal_planning: true }, 3));
  await vi.waitFor(() => expect(flags.isEnabled("meal_planning")).toBe(true));
});

test("a list from a stream is checked like a response", async () => {
  const flags = createStreaming();
  await flags.ready;
  const response = await stream();
  response.write("data: <h1>Sign in</h1>\n\n");
  (await stream(1)).write(event("1", { "odd name": true }, 2));
  await vi.waitFor(() => expect(flags.state.reason).toBe("malformed"));
  streams[1]?.response.write(event("2", { meal_planning: false }, -1 + 1));
  expect(flags.all()).toEqual({ meal_planning: true });
  streams[1]?.response.write(event("3", { meal_planning: false }, 3));
  await vi.waitFor(() => expect(flags.all()).toEqual({ meal_planning: false }));
  expect(flags.state.status).toBe("ready");
});

test("a hidden page has no stream; close() ends it", async () => {
  const flags = createStreaming();
  const first = await stream();
  const isOver = (response: ServerResponse) =>
    vi.waitFor(() => expect(response.closed || response.destroyed).toBe(true));
  page.show(false);
  await isOver(first);
  page.show(true);
  const second = await stream(1);
  flags.close();
  await isOver(second);
});

test("without a stream the client polls", async () => {
  source.answer = (request, response) =>
    request.headers.accept === "text/event-stream"
      ? respond(429, "application/problem+json", "{}")(request, response)
      : json(list({ meal_planning: true }))(request, response);
  const flags = create({ url: source.url, stream: true, refreshSeconds: 0.05 });
  await flags.ready;
  source.answer = json(list({ meal_planning: false }, 2));
  await vi.waitFor(() => expect(flags.isEnabled("meal_planning", true)).toBe(false));
});

test.each([
  ["line feeds", "id: 1\ndata: a\ndata: b\n\n: ping\n\ndata:c\n\n"],
  [
    "carriage returns and line feeds",
    "id: 1\r\ndata: a\r\ndata: b\r\n\r\n: ping\r\n\r\ndata:c\r\n\r\n",
  ],
  ["carriage returns", "id: 1\rdata: a\rdata: b\r\r: ping\r\rdata:c\r\r\n"],
])("readEvents() reads %s in chunks of any size", async (_name, text) => {
  for (const size of [1, 2, 3, 7, 1_000]) {
    const events = [];
    for await (const { id, data } of readEvents(cut(text, size), 1_000)) events.push([id, data]);
    expect(events).toEqual([
      ["1", "a\nb"],
      [undefined, ""],
      [undefined, "c"],
    ]);
  }
});

test("readEvents() throws at an event that is too long", async () => {
  const read = async () => {
    for await (const _event of readEvents(cut(`data: ${"x".repeat(2_000)}`, 100), 1_000));
  };
  await expect(read()).rejects.toThrow("Cannot read the stream: an event has no end");
});

function cut(text: string, size: number): Response {
  const parts = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
  const encoder = new TextEncoder();
  return new Response(
    new ReadableStream({
      start(controller) {
        for (const part of parts) controller.enqueue(encoder.encode(part));
        controller.close();
      },
    }),
  );
}
