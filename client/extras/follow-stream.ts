import { maxBackoffSeconds, maxListBytes } from "../core/limits.ts";
import { sleep } from "../core/sleep.ts";
import { type Event, readEvents } from "./events.ts";

/** The server sends a comment every 15 seconds. */
const maxSilenceMs = 45_000;
/**
 * A stream that was open for this long is opened again after a second. One without any event is open for
 * a shorter time.
 */
const stableMs = 60_000;

export interface StreamRequest {
  readonly url: string;
  readonly token: string | undefined;
  /** The id of the last event that was received, as `followStream()` updates it; `""` for none. */
  lastId: string;
}

/**
 * Keeps the server's event stream open until `closing` is aborted. Calls `onEvent` for each event and
 * comment, before `request.lastId` changes. If it throws, the server is asked for the event again. Never
 * rejects.
 */
export async function followStream(
  request: StreamRequest,
  onEvent: (event: Event) => void,
  closing: AbortSignal,
): Promise<void> {
  let pauseSeconds = 1;
  while (!closing.aborted) {
    const openedAt = performance.now();
    await readStream(request, onEvent, closing);
    // After each stream that ends early, the pause grows.
    if (performance.now() - openedAt > stableMs) pauseSeconds = 1;
    await sleep(pauseSeconds, closing);
    pauseSeconds = Math.min(pauseSeconds * 2, maxBackoffSeconds);
  }
}

/** Resolves when the stream ends, breaks, or is silent for too long, and when `onEvent` throws. */
async function readStream(
  request: StreamRequest,
  onEvent: (event: Event) => void,
  closing: AbortSignal,
): Promise<void> {
  const { url, token, lastId } = request;
  const connection = new AbortController();
  const { signal } = connection;
  const abort = () => connection.abort();
  closing.addEventListener("abort", abort, { signal });
  let silence = setTimeout(abort, maxSilenceMs);
  try {
    const headers = {
      accept: "text/event-stream",
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(lastId === "" ? {} : { "last-event-id": lastId }),
    };
    // Not in the call, because the types of Node have no `cache`.
    const init = { headers, cache: "no-store", signal } as const;
    const response = await fetch(url, init);
    const type = response.headers.get("content-type") ?? "";
    if (response.status !== 200 || !type.startsWith("text/event-stream")) return;
    for await (const event of readEvents(response, maxListBytes)) {
      clearTimeout(silence);
      silence = setTimeout(abort, maxSilenceMs);
      onEvent(event);
      request.lastId = event.id ?? request.lastId;
    }
  } catch {
    // Treated like a stream that ended.
  } finally {
    clearTimeout(silence);
    abort();
  }
}
