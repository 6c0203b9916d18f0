import { maxBackoffSeconds } from "../core/limits.ts";
import { readList } from "../core/list.ts";
import type { FlagList, Options } from "../core/types.ts";
import { openStream } from "./open-stream.ts";

/**
 * Keeps the server's event stream open while the page is visible, in one tab for all. Each list is posted
 * to the channel on which tabs exchange their results. So this page's client receives it too, and puts
 * off its next poll while the stream lives.
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
  let postedAt = 0;

  document.addEventListener("visibilitychange", restart, { signal: closing });
  closing.addEventListener("abort", () => {
    watching?.abort();
    channel.close();
  });
  restart();

  function restart(): void {
    watching?.abort();
    if (document.hidden) return;
    watching = new AbortController();
    void watch(watching.signal);
  }

  async function watch(signal: AbortSignal): Promise<void> {
    try {
      await navigator.locks.request(`${key} stream`, { signal }, () => readForever(signal));
    } catch {
      // There are no Web Locks here: each tab has its own stream.
      await readForever(signal);
    }
  }

  async function readForever(signal: AbortSignal): Promise<void> {
    let pauseSeconds = 1;
    while (!signal.aborted) {
      const before = postedAt;
      await read(signal);
      if (postedAt !== before) pauseSeconds = 1;
      if (!signal.aborted) await sleep(pauseSeconds * (900 + 200 * Math.random()), signal);
      pauseSeconds = Math.min(pauseSeconds * 2, maxBackoffSeconds);
    }
  }

  /** Resolves when the stream ends, for any reason. */
  async function read(signal: AbortSignal): Promise<void> {
    try {
      const request = { url, token, lastId, init: { cache: "no-store" } } as const;
      for await (const event of openStream(request, signal)) {
        if (event.data !== "") list = JSON.parse(event.data);
        // After the parse, so that the server sends an unreadable event again.
        if (event.id !== undefined) lastId = event.id;
        if (event.data !== "" || Date.now() - postedAt > refreshSeconds * 750) post();
      }
    } catch {
      // An unreadable event ends the stream.
    }
  }

  function post(): void {
    if (!list) return;
    postedAt = Date.now();
    channel?.postMessage({ ...readList(list), at: postedAt });
  }
}

/** `undefined` outside of a page, and if the browser denies it. */
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
