import { privateCacheControl } from "../../../schema/compile/urls.ts";
import type { Handler } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import { sendTagged } from "../../http/send.ts";
import type { Responses } from "./responses.ts";

/** Answers with the bytes of the current release. */
export function readHandler(responses: Responses): Handler {
  return (request, response) => {
    const answer = responses.get(request.path);
    if (!responses.isReady) throw notReady();
    if (!answer)
      throw new HttpError(404, `Cannot find "${request.path}": no flag or list is served there`);
    response.setHeader("Cache-Control", privateCacheControl);
    response.setHeader("Last-Modified", answer.lastModified);
    if (answer.isList) response.vary("Accept");
    sendTagged(request, response, answer.etag, answer.contentType, answer.body);
  };
}

/** The error as long as no commit of the branch has been valid. */
export function notReady(): HttpError {
  const detail = "Cannot serve flags: no commit of the branch has been valid yet";
  return new HttpError(503, detail, { kind: "not-ready" });
}
