/** OpenFeature's Remote Evaluation Protocol: the server evaluates flags for the caller of a request. */
import type { Request } from "express";
import { jsonOf } from "../../http/body.ts";
import type { Handler } from "../../http/handler.ts";
import { sendTagged } from "../../http/send.ts";
import type { CatchUp } from "./catch-up.ts";
import { contextOf } from "./context.ts";
import type { Evaluator } from "./evaluator.ts";

/** `POST /ofrep/v1/evaluate/flags/{key}` */
export function evaluateFlagHandler(evaluator: Evaluator): Handler {
  return (request, response) => {
    const context = contextOf(bodyOf(request));
    const key = String(request.params.key);
    const body = evaluator.evaluateFlag(folderOf(request), key, context);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Content-Type", "application/json");
    response.end(body);
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
    response.setHeader("Cache-Control", "no-store");
    sendTagged(request, response, etag, "application/json", body);
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
