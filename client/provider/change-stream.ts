import { readEvents } from "../events.ts";
import { maxBackoffSeconds, maxListBytes } from "../limits.ts";
import { sleep } from "./sleep.ts";

/** The server sends a comment every 15 seconds. */
const maxSilenceMs = 45_000;

export interface ChangeStreamOptions {
  /** Of the definitions. The event stream is at the URL of the list beside them. */
  readonly url: string;
  readonly token: string | undefined;
}

/**
 * Keeps the server's event stream open until `closing` is aborted, and calls `onChange` for each commit
 * that the server announces. Never rejects.
 */
export async function followChanges(
  options: ChangeStreamOptions,
  onChange: () => void,
  closing: AbortSignal,
): Promise<void> {
  let lastId = "";
  let pauseSeconds = 1;
  while (!closing.aborted) {
    await readStream(options, lastId, closing, (id) => {
      pauseSeconds = 1;
      if (id === lastId) return;
      lastId = id;
      onChange();
    });
    await sleep(pauseSeconds, closing);
    pauseSeconds = Math.min(pauseSeconds * 2, maxBackoffSeconds);
  }
}

/** Resolves when the stream ends, for any reason. */
async function readStream(
  { url, token }: ChangeStreamOptions,
  lastId: string,
  closing: AbortSignal,
  onEvent: (id: string) => void,
): Promise<void> {
  const request = new AbortController();
  const abort = () => request.abort();
  let silence = setTimeout(abort, maxSilenceMs);
  closing.addEventListener("abort", abort, { signal: request.signal });
  try {
    const response = await fetch(listUrlOf(url), {
      headers: {
        accept: "text/event-stream",
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(lastId ? { "last-event-id": lastId } : {}),
      },
      signal: request.signal,
    });
    const type = response.headers.get("content-type") ?? "";
    if (response.status !== 200 || !type.startsWith("text/event-stream")) return;
    for await (const { id } of readEvents(response, maxListBytes)) {
      clearTimeout(silence);
      silence = setTimeout(abort, maxSilenceMs);
      if (id !== undefined) onEvent(id);
    }
  } catch {
    // A broken stream is treated like one that ended.
  } finally {
    clearTimeout(silence);
    abort();
  }
}

function listUrlOf(url: string): string {
  return url.replace(/(?:private\/)?definitions\.json(?=\?|$)/, "feature-flags/");
}
