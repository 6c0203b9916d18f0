import { maxBackoffSeconds } from "../core/limits.ts";
import { openStream } from "../extras/open-stream.ts";
import { sleep } from "./sleep.ts";

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
  { url, token }: ChangeStreamOptions,
  onChange: () => void,
  closing: AbortSignal,
): Promise<void> {
  const list = listUrlOf(url);
  let lastId = "";
  let pauseSeconds = 1;
  while (!closing.aborted) {
    const request = { url: list, token: token || undefined, lastId };
    for await (const { id } of openStream(request, closing)) {
      if (id === undefined) continue;
      pauseSeconds = 1;
      if (id === lastId) continue;
      lastId = id;
      onChange();
    }
    await sleep(pauseSeconds, closing);
    pauseSeconds = Math.min(pauseSeconds * 2, maxBackoffSeconds);
  }
}

function listUrlOf(url: string): string {
  return url.replace(/(?:private\/)?definitions\.json(?=\?|$)/, "feature-flags/");
}
