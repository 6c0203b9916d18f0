import type { Failure } from "./types.ts";

const patience = 5_000;
/** In characters. A list of ten thousand flags is a fifth of it. */
const largest = 1_048_576;

export interface Download {
  readonly body: unknown;
  /** When the source gave it, in milliseconds since 1970. */
  readonly at: number;
  /** Why a service worker gave its copy instead of an answer of the source (`worker.ts`). */
  readonly failure: Failure | null;
}

/** The JSON at `url`, or why there is none. */
export async function download(
  url: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<Download | Failure> {
  const own = new AbortController();
  const abort = () => own.abort();
  let failure: Failure = "network";
  const timer = setTimeout(() => {
    failure = "timeout";
    abort();
  }, patience);
  signal.addEventListener("abort", abort);
  try {
    const init = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
    const response = await fetch(url, { ...init, signal: own.signal });
    if (response.status !== 200) return "status";
    if (!/json/.test(response.headers.get("content-type") ?? "")) return "content_type";
    const text = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let json = "";
    for (;;) {
      const part = await text?.read();
      if (!part || part.done) break;
      json += part.value;
      if (json.length > largest) return "too_large";
    }
    failure = "malformed";
    const body = JSON.parse(json);
    const copied = response.headers.get("bunting-failure") as Failure | null;
    const at = copied === null ? Date.now() : Date.parse(response.headers.get("date") ?? "");
    return { body, at, failure: copied };
  } catch {
    return failure;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    // Whatever is left of the body shall not be read.
    abort();
  }
}
