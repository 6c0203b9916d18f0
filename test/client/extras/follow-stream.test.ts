/** When the event stream is opened again. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followStream } from "../../../client/extras/follow-stream.ts";

/** The lifetime of a stream that sends nothing and does not end. */
const silent = Number.POSITIVE_INFINITY;
let closing: AbortController;
/** The lifetime of each further stream in seconds, with a comment every 15 seconds. */
let lifetimes: number[];
/** The seconds at which streams were opened. */
let opened: number[];
beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  closing = new AbortController();
  lifetimes = [];
  opened = [];
  const start = Date.now();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (_url, { signal } = {}) => {
    opened.push(Math.round((Date.now() - start) / 1_000));
    return openFor(lifetimes.shift() ?? 0, signal as AbortSignal);
  });
});
afterEach(() => closing.abort());

function openFor(seconds: number, signal: AbortSignal): Response {
  const body = new ReadableStream({
    start(controller) {
      const comments = setInterval(() => {
        if (seconds !== silent) controller.enqueue(new TextEncoder().encode(": same\n\n"));
      }, 15_000);
      const end = () => {
        clearInterval(comments);
        if (signal.aborted) controller.error(signal.reason);
        else controller.close();
      };
      if (seconds !== silent) setTimeout(end, seconds * 1_000);
      signal.addEventListener("abort", end, { once: true });
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

function follow(): void {
  const request = { url: "https://flags.example/", token: undefined, lastId: "" };
  void followStream(request, () => {}, closing.signal);
}

test("after streams that end early the pause grows, up to five minutes", async () => {
  follow();
  await vi.advanceTimersByTimeAsync(900_000);
  expect(opened).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811]);
});

test("after a stream that was open for a minute, the next one is opened after a second", async () => {
  lifetimes = [0, 0, 0, 61, 61];
  follow();
  await vi.advanceTimersByTimeAsync(131_500);
  expect(opened).toEqual([0, 1, 3, 7, 69, 131]);
});

test("streams without a comment are closed after 45 seconds, and the pause before the next one grows", async () => {
  lifetimes = [silent, silent, silent];
  follow();
  await vi.advanceTimersByTimeAsync(142_500);
  expect(opened).toEqual([0, 46, 93, 142]);
});

test("nothing is opened after the end, and no timer is left", async () => {
  lifetimes = [60];
  follow();
  await vi.advanceTimersByTimeAsync(20_000);
  closing.abort();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(opened).toEqual([0]);
  expect(vi.getTimerCount()).toBe(0);
});
