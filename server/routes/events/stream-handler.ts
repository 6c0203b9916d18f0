import { type Handler, principalOf } from "../../http/handler.ts";
import { type Streams, streamHeaders } from "./streams.ts";

/** Opens an event stream for a request that Express routed. */
export function streamHandler(streams: Streams): Handler {
  return (request, response) => {
    const listener = {
      path: request.path,
      owner: principalOf(response).id,
      authorization: request.get("Authorization"),
      requestId: response.locals.requestId,
    };
    streams.check(listener);
    response.vary("Accept");
    if (request.method === "HEAD") return response.writeHead(200, streamHeaders).end();
    response.locals.isStream = true;
    response.writeHead(200, streamHeaders);
    streams.add(response, listener, request.get("Last-Event-ID"));
  };
}
