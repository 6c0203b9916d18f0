import { privateCacheControl } from "../../../schema/compile/outputs.ts";
import type { Handler } from "../../http/handler.ts";
import { HttpError, notReady } from "../../http/problem.ts";
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
