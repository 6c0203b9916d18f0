/** OpenFeature's Remote Evaluation Protocol: the server evaluates flags for the caller of a request. */
import type { Request } from "express";
import { jsonOf } from "../../http/body.ts";
import { isNotModified } from "../../http/conditions.ts";
import type { ApiResponse, Handler } from "../../http/handler.ts";
import type { CatchUp } from "./catch-up.ts";
import { contextOf } from "./context.ts";
import type { Evaluator } from "./evaluator.ts";

/** `POST /ofrep/v1/evaluate/flags/{key}` */
export function evaluateFlagHandler(evaluator: Evaluator): Handler {
  return (request, response) => {
    const context = contextOf(bodyOf(request));
    const key = String(request.params.key);
    send(response, evaluator.evaluateFlag(folderOf(request), key, context));
  };
}

/** `POST /ofrep/v1/evaluate/flags` */
export function evaluateAllHandler(evaluator: Evaluator, catchUp: CatchUp): Handler {
  return async (request, response) => {
    const context = contextOf(bodyOf(request));
    const folder = folderOf(request);
    const { flagConfigEtag } = request.query;
    if (typeof flagConfigEtag === "string") await catchUp.waitForVersion(flagConfigEtag, folder);
    const authorization = request.get("Authorization") ?? "";
    const { body, etag } = evaluator.evaluateAll(folder, authorization, context);
    response.setHeader("ETag", etag);
    if (!isNotModified(request.get("If-None-Match"), etag)) return send(response, body);
    response.setHeader("Cache-Control", "no-store");
    response.status(304).end();
  };
}

/** The body as JSON. OFREP's provider for Go sends no `Content-Type`. */
function bodyOf(request: Request): unknown {
  return request.get("Content-Type") === undefined ? jsonOf(request, [""]) : jsonOf(request);
}

/** The environment in the path; `""` at the root. */
function folderOf(request: Request): string {
  return String(request.params.environment ?? "");
}

function send(response: ApiResponse, body: string): void {
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}
