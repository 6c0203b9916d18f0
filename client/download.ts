import type { Failure } from "./types.ts";

const patience = 5_000;
/** In characters. A list of ten thousand flags is a fifth of it. */
const largest = 1_048_576;

/** The JSON at `url`, or why there is none. */
export async function download(
  url: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<{ body: unknown } | Failure> {
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
    return { body: JSON.parse(json) };
  } catch {
    return failure;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    // Whatever is left of the body shall not be read.
    abort();
  }
}
