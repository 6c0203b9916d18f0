import { attempt } from "./attempt.ts";
import { maxListBytes, timeoutMs } from "./limits.ts";
import { readList } from "./list.ts";
import { readBody } from "./read-body.ts";
import type { Copy, Failure, Options } from "./types.ts";

/** A service worker sets this header if it returns its stored copy: the reason (`worker.ts`). */
export const staleHeader = "bunting-stale";

/**
 * Fetches the list, not yet checked, or says why there is none. Never rejects. Ends when `closing` is
 * aborted. `read` takes what it needs from the body.
 */
export async function download(
  options: Options,
  closing: AbortSignal,
  read: (body: never) => Partial<Copy> = readList,
): Promise<Partial<Copy>> {
  const { url, token } = options;
  const request = new AbortController();
  const { signal } = request;
  const timer = setTimeout(() => request.abort("timeout"), timeoutMs);
  closing.addEventListener("abort", () => request.abort(), { signal });
  try {
    // `fetch(undefined)` would request "/undefined" from the page's own server.
    if (!url) return fail("network");
    const headers: HeadersInit = token ? { authorization: `Bearer ${token}` } : {};
    const response = await fetch(url, { headers, signal });
    const header = (name: string) => response.headers.get(name) ?? "";
    if (!response.ok) return fail("status", response.status);
    if (!header("content-type").includes("json")) return fail("content_type");
    const text = await readBody(response, maxListBytes);
    if (text === undefined) return { failure: "too_large" };
    const failure = header(staleHeader) as Failure | "";
    return {
      at: failure ? Date.parse(header("date")) : Date.now(),
      modified: Date.parse(header("last-modified")),
      failure,
      ...read(attempt(() => JSON.parse(text)) as never),
    };
  } catch {
    return { failure: signal.reason ?? "network" };
  } finally {
    clearTimeout(timer);
    // Stops the transfer if the body was not read to its end.
    request.abort();
  }

  /** The options may be the cause. Hints are for developers, so a page loads them only in this case. */
  function fail(failure: Failure, status?: number): Partial<Copy> {
    import("./hints.ts").then(
      ({ showHint }) => showHint(options, status),
      () => {},
    );
    return { failure };
  }
}
