/** The routes of OpenFeature's Remote Evaluation Protocol: the server evaluates flags for the caller of a request. */
import type { Express, Request } from "express";
import { jsonOf, readBody } from "../../http/body.ts";
import type { Handler } from "../../http/handler.ts";
import { route } from "../../http/route.ts";
import { sendTagged } from "../../http/send.ts";
import type { ServerParts } from "../../parts.ts";
import { streamHandler } from "../events/stream-handler.ts";
import { contextOf } from "./context.ts";
import { evaluationPath } from "./errors.ts";
import { eventStreamPath, refuseOtherTypes } from "./event-streams.ts";

/** Adds the routes in the folder of an environment; `before` are the checks of every read. */
export function addOfrepRoutes(
  app: Express,
  folder: string,
  before: Handler[],
  { evaluator, waitForVersion, streams }: ServerParts,
): void {
  const evaluateFlag: Handler = (request, response) => {
    const context = contextOf(bodyOf(request));
    const body = evaluator.evaluateFlag(folderOf(request), String(request.params.key), context);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Content-Type", "application/json");
    response.end(body);
  };
  const evaluateAll: Handler = async (request, response) => {
    const context = contextOf(bodyOf(request));
    const { flagConfigEtag } = request.query;
    if (typeof flagConfigEtag === "string") await waitForVersion(flagConfigEtag, folderOf(request));
    const authorization = request.get("Authorization") ?? "";
    const { body, etag } = evaluator.evaluateAll(folderOf(request), authorization, context);
    response.setHeader("Cache-Control", "no-store");
    sendTagged(request, response, etag, "application/json", body);
  };
  const path = `${folder}${evaluationPath}`;
  route(app, path, { post: [...before, readBody, evaluateAll] });
  route(app, `${path}/:key`, { post: [...before, readBody, evaluateFlag] });
  route(app, `${folder}${eventStreamPath}`, {
    get: [...before, refuseOtherTypes, streamHandler(streams)],
  });
}

/** The body as JSON. OFREP's provider for Go sends no `Content-Type`. */
function bodyOf(request: Request): unknown {
  return request.get("Content-Type") === undefined ? jsonOf(request, [""]) : jsonOf(request);
}

/** The environment in the path; `""` at the root. */
function folderOf(request: Request): string {
  return String(request.params.environment ?? "");
}
