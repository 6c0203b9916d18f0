import { maxListBytes } from "../core/limits.ts";
import { type Event, readEvents } from "./events.ts";

/** The server sends a comment every 15 seconds. */
const maxSilenceMs = 45_000;

export interface StreamRequest {
  readonly url: string;
  readonly token: string | undefined;
  /** The id of the last event that was received; `""` for none. */
  readonly lastId: string;
  /** What else `fetch()` needs here. */
  readonly init?: RequestInit;
}

/**
 * The events and comments of the server's event stream. Ends when the stream ends, when it is silent
 * for too long, or when `closing` is aborted. Never throws: a broken stream is one that ended.
 */
export async function* openStream(
  { url, token, lastId, init }: StreamRequest,
  closing: AbortSignal,
): AsyncGenerator<Event> {
  const request = new AbortController();
  const abort = () => request.abort();
  closing.addEventListener("abort", abort);
  let silence = setTimeout(abort, maxSilenceMs);
  try {
    const response = await fetch(url, {
      ...init,
      headers: {
        accept: "text/event-stream",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(lastId === "" ? {} : { "last-event-id": lastId }),
      },
      signal: request.signal,
    });
    const type = response.headers.get("content-type") ?? "";
    if (response.status !== 200 || !type.startsWith("text/event-stream")) return;
    for await (const event of readEvents(response, maxListBytes)) {
      clearTimeout(silence);
      silence = setTimeout(abort, maxSilenceMs);
      yield event;
    }
  } catch {
    // Treated like a stream that ended.
  } finally {
    clearTimeout(silence);
    closing.removeEventListener("abort", abort);
    abort();
  }
}
