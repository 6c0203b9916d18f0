/** An HTTP server for flags whose answers the test decides. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { FlagList } from "../../client/core/types.ts";
import { type Site, startSite } from "./site.ts";

export const path = "/v1/feature-flags/";

export interface Source extends Site {
  /** The URL of the list. */
  readonly list: string;
  /** All requests, the oldest first. */
  readonly requests: readonly IncomingMessage[];
  /** Serves these flags from now on, with a later `updated_at`. */
  serve(flags: FlagList["flags"]): void;
  /** Sets the response from now on. */
  answer(listener: RequestListener): void;
}

export async function startSource(flags: FlagList["flags"]): Promise<Source> {
  const requests: IncomingMessage[] = [];
  let changes = 0;
  let current: RequestListener = good(flags, changes);
  const site = await startSite({
    [path]: (request, response) => {
      requests.push(request);
      response.setHeader("Access-Control-Allow-Origin", "*");
      current(request, response);
    },
  });
  return {
    ...site,
    list: site.url + path,
    requests,
    serve(next) {
      changes += 1;
      current = good(next, changes);
    },
    answer(listener) {
      current = listener;
    },
  };
}

/** The list after this number of changes. */
export function listOf(flags: FlagList["flags"], changes = 0): FlagList {
  const updated_at = new Date(Date.UTC(2026, 0, 1) + changes * 1_000).toISOString();
  return { environment: "application", flags, updated_at: updated_at.replace(".000", "") };
}

function good(flags: FlagList["flags"], changes: number): RequestListener {
  return json(JSON.stringify(listOf(flags, changes)));
}

export function json(text: string): RequestListener {
  return respond(200, "application/json", text);
}

export function respond(status: number, type: string, text: string): RequestListener {
  return (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { "Content-Type": type, "Cache-Control": "no-cache" }).end(text);
  };
}
