import { isNotModified } from "../../http/conditions.ts";
import type { Handler } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import type { Responses } from "./responses.ts";

/** Answers with the bytes of the current release. */
export function readHandler(responses: Responses): Handler {
  return (request, response) => {
    const answer = responses.get(request.path);
    if (!responses.isReady) throw notReady();
    if (!answer)
      throw new HttpError(404, `Cannot find "${request.path}": no flag or list is served there`);
    response.setHeader("Cache-Control", "private, no-cache");
    response.setHeader("ETag", answer.etag);
    response.setHeader("Last-Modified", answer.lastModified);
    if (answer.isList) response.vary("Accept");
    if (isNotModified(request.get("If-None-Match"), answer.etag)) {
      response.status(304).end();
      return;
    }
    response.setHeader("Content-Type", answer.contentType);
    response.setHeader("Content-Length", answer.body.length);
    response.end(request.method === "HEAD" ? undefined : answer.body, "latin1");
  };
}

/** The error as long as no commit of the branch has been valid. */
export function notReady(): HttpError {
  const detail = "Cannot serve flags: no commit of the branch has been valid yet";
  return new HttpError(503, detail, { kind: "not-ready" });
}
