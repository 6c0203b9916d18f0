import { readList } from "../core/list.ts";
import type { FlagList, Options } from "../core/types.ts";
import type { Event } from "./events.ts";
import { followStream } from "./follow-stream.ts";

/**
 * Keeps the server's event stream open while the page is visible, in one tab for all. Each list is
 * posted to the channel on which tabs exchange their results. So this page's client receives it too, and
 * delays its next poll as long as the stream is open.
 */
export function keepStream(
  key: string,
  { url, token, refreshSeconds = 60 }: Options,
  closing: AbortSignal,
): void {
  const channel = openChannel(key);
  if (!channel) return;
  const request = { url, token, lastId: "" };
  let watching: AbortController | undefined;
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
    const follow = () => followStream(request, post, signal);
    try {
      await navigator.locks.request(`${key} stream`, { signal }, follow);
    } catch {
      // There are no Web Locks here: each tab has its own stream.
      await follow();
    }
  }

  /** Throws if the data of the event is not JSON. */
  function post({ data }: Event): void {
    if (data !== "") list = JSON.parse(data);
    else if (Date.now() - postedAt <= refreshSeconds * 750) return;
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
