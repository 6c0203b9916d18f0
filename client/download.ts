import { attempt } from "./attempt.ts";
import { largestAnswer, patience } from "./limits.ts";
import type { Copy, Options } from "./types.ts";

/**
 * What is at the URL now, unchecked, or why there is nothing. Never rejects. One at a time with one
 * `closing`, which ends it.
 */
export async function download({ url, token }: Options, closing: AbortSignal): Promise<Copy> {
  const request = new AbortController();
  const timer = setTimeout(() => request.abort("timeout"), patience);
  closing.onabort = () => request.abort();
  let text = "";
  const gather = new WritableStream<string>({
    write(part) {
      text += part;
      if (text.length > largestAnswer) request.abort("too_large");
    },
  });
  try {
    const response = await fetch(url, {
      headers: token ? { authorization: "Bearer " + token } : {},
      signal: request.signal,
    });
    if (!response.ok) return { failure: "status" } as Copy;
    if (!/json/.test(response.headers.get("content-type") as string)) {
      return { failure: "content_type" } as Copy;
    }
    await response.body?.pipeThrough(new TextDecoderStream()).pipeTo(gather);
    // A service worker's copy says itself when it is from.
    return {
      at: Date.now(),
      modified: Date.parse(response.headers.get("last-modified") as string),
      ...attempt(() => JSON.parse(text)),
    };
  } catch {
    return { failure: request.signal.reason ?? "network" } as Copy;
  } finally {
    clearTimeout(timer);
    // What is left of the body shall not be read.
    request.abort();
  }
}
