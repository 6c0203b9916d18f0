import type { RequestHandler } from "express";
import type { Principal } from "../../../schema/access/tokens.ts";
import { type Streams, streamHeaders } from "./streams.ts";

/** Opens an event stream for a request that came by way of Express. */
export function streamHandler(streams: Streams): RequestHandler {
  return (request, response) => {
    const listener = {
      path: request.path,
      owner: (response.locals.principal as Principal).id,
      token: request.get("Authorization"),
      lastEventId: request.get("Last-Event-ID"),
    };
    streams.check(listener);
    response.locals.isStream = true;
    response.vary("Accept");
    response.writeHead(200, streamHeaders);
    streams.add(response, listener);
  };
}
