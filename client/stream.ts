import { readEvents } from "./events.ts";
import { largestAnswer, longestPause } from "./limits.ts";
import type { FlagList, Options } from "./types.ts";

/** In milliseconds: the server gives a sign of life every 15 seconds. */
const longestSilence = 45_000;

/**
 * Keeps the server's event stream open while the page is visible, in one tab for all. What comes is told
 * as one tab tells the others of its looks, so that the client of this page hears it, too, and puts off
 * its own next look for as long as the stream lives.
 */
export function keepStream(
  key: string,
  { url, token, refreshSeconds = 60 }: Options,
  closing: AbortSignal,
): void {
  const channel = openChannel(key);
  if (!channel) return;
  let watching: AbortController | undefined;
  let lastId = "";
  let list: FlagList | undefined;
  let told = 0;

  document.addEventListener("visibilitychange", wake, { signal: closing });
  closing.addEventListener("abort", () => {
    watching?.abort();
    channel.close();
  });
  wake();

  function wake(): void {
    watching?.abort();
    if (document.hidden) return;
    watching = new AbortController();
    void watch(watching.signal);
  }

  async function watch(signal: AbortSignal): Promise<void> {
    try {
      await navigator.locks.request(`${key} stream`, { signal }, () => follow(signal));
    } catch {
      // No locks here: each tab has a stream of its own.
      await follow(signal);
    }
  }

  async function follow(signal: AbortSignal): Promise<void> {
    for (let pause = 1; !signal.aborted; pause = Math.min(pause * 2, longestPause)) {
      const before = told;
      await read(signal);
      if (told !== before) pause = 1;
      if (!signal.aborted) await sleep(pause * (900 + 200 * Math.random()), signal);
    }
  }

  /** Settles when the stream is over, whyever. */
  async function read(signal: AbortSignal): Promise<void> {
    const request = new AbortController();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort);
    let silence = setTimeout(abort, longestSilence);
    try {
      const response = await fetch(url, {
        cache: "no-store",
        headers: {
          accept: "text/event-stream",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(lastId === "" ? {} : { "last-event-id": lastId }),
        },
        signal: request.signal,
      });
      const type = response.headers.get("content-type") ?? "";
      if (response.status !== 200 || !type.startsWith("text/event-stream")) return;
      for await (const event of readEvents(response, largestAnswer)) {
        clearTimeout(silence);
        silence = setTimeout(abort, longestSilence);
        if (event.data !== "") list = JSON.parse(event.data);
        // After that: what cannot be read shall be sent again.
        if (event.id !== undefined) lastId = event.id;
        if (event.data !== "" || Date.now() - told > refreshSeconds * 750) tell();
      }
    } catch {
      // The same as an end.
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", abort);
      abort();
    }
  }

  function tell(): void {
    if (!list) return;
    told = Date.now();
    channel?.postMessage({ ...list, at: told });
  }
}

/** None outside of a page, and where a browser denies it: then there is nobody to tell. */
function openChannel(key: string): BroadcastChannel | undefined {
  try {
    return globalThis.document && new BroadcastChannel(key);
  } catch {
    return undefined;
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    function end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
  });
}
