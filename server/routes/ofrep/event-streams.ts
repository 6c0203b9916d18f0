/**
 * OFREP's event streams: their events say that evaluations may have changed, and providers then
 * evaluate again. https://github.com/open-feature/protocol, ADR 8.
 */
import type { Handler } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import { parseRoute } from "../../openapi/path-template.ts";
import type { MakeEvent } from "../events/streams.ts";
import type { Evaluations } from "./evaluations.ts";
import type { StreamKeys } from "./stream-keys.ts";

export const eventStreamPath = "/ofrep/v1/events";

/** The environment's folder in the path of an event stream; `undefined` for another path. */
function folderOf(path: string): string | undefined {
  const route = parseRoute(path);
  return route?.template.endsWith(eventStreamPath)
    ? (route.parameters.environment ?? "")
    : undefined;
}

/** An event has the version of the environment as its id: commits that change no definition send none. */
export function refetchEvents(evaluations: Evaluations): MakeEvent {
  return (path) => {
    const folder = folderOf(path);
    const version = folder === undefined ? undefined : evaluations.of(folder)?.document.version;
    if (version === undefined) return undefined;
    const data = JSON.stringify({ type: "refetchEvaluation", etag: `"${version}"` });
    return { id: version, bytes: Buffer.from(`id: ${version}\ndata: ${data}\n\n`) };
  };
}

/**
 * OFREP's `eventStreams` of a bulk evaluation. Without an origin, providers use that of their evaluation
 * requests. `undefined` if no URL can hold the token.
 */
export function eventStreamsOf(
  keys: StreamKeys,
  authorization: string,
  folder: string,
): readonly object[] | undefined {
  const ticket = keys.ticketFor(authorization, folder);
  if (ticket === undefined) return undefined;
  const base = folder === "" ? "" : `/${folder}`;
  const requestUri = `${base}${eventStreamPath}?ticket=${ticket}`;
  return [{ type: "sse", endpoint: { requestUri } }];
}

/** Replaces the ticket of a request for an event stream by the header in it, which is then checked like any other. */
export function acceptTickets(keys: StreamKeys): Handler {
  return (request, _response, next) => {
    const { ticket } = request.query;
    const folder = typeof ticket === "string" ? folderOf(request.path) : undefined;
    if (folder !== undefined && request.headers.authorization === undefined) {
      const header = keys.open(String(ticket), folder);
      if (header !== undefined) request.headers.authorization = header;
    }
    next();
  };
}

/**
 * Refuses requests that do not accept an event stream: they would wait for the end of a response that
 * does not end.
 */
export const refuseOtherTypes: Handler = (request, _response, next) => {
  if (/text\/event-stream/i.test(request.get("Accept") ?? "")) return next();
  const detail = 'Cannot answer: this is an event stream; send "Accept: text/event-stream"';
  throw new HttpError(406, detail);
};
