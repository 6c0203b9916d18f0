/** OpenFeature's Remote Evaluation Protocol: the server evaluates flags for the caller of a request. */
import { hash } from "node:crypto";
import type { Request } from "express";
import type { Context } from "../../../schema/evaluate/context.ts";
import { jsonOf } from "../../http/body.ts";
import { isNotModified } from "../../http/conditions.ts";
import type { ApiResponse, Handler } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import { notReady } from "../reads/reads.ts";
import { contextOf } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import type { EnvironmentFlags, Evaluations } from "./evaluations.ts";

export const evaluationPath = "/ofrep/v1/evaluate/flags";

/** `POST /ofrep/v1/evaluate/flags/{key}` */
export function evaluateFlagHandler(evaluations: Evaluations): Handler {
  return (request, response) => {
    const flags = flagsOf(evaluations, request);
    const context = contextOf(jsonOf(request));
    send(response, evaluateFlag(flags, String(request.params.key), context));
  };
}

/** `POST /ofrep/v1/evaluate/flags`: all flags. The entity tag is of the body, because it depends on the context. */
export function evaluateAllHandler(evaluations: Evaluations): Handler {
  return (request, response) => {
    const flags = flagsOf(evaluations, request);
    const body = evaluateAll(flags, contextOf(jsonOf(request)));
    const etag = `"${hash("md5", body)}"`;
    response.setHeader("ETag", etag);
    if (!isNotModified(request.get("If-None-Match"), etag)) return send(response, body);
    response.setHeader("Cache-Control", "no-store");
    response.status(304).end();
  };
}

/** OFREP's answer for one flag. Throws `EvaluationError` if there is no such flag, or if its definition cannot be read. */
function evaluateFlag(flags: EnvironmentFlags, key: string, context: Context): string {
  const evaluated = flags.evaluate(key, context);
  if (evaluated === undefined) {
    const detail = `Cannot find a flag "${key.slice(0, 100)}" in ${flags.environment}`;
    throw new EvaluationError(404, "FLAG_NOT_FOUND", detail);
  }
  if (evaluated.evaluation.errorCode === undefined) return evaluated.text;
  throw new HttpError(500, `Cannot evaluate "${key}": its definition cannot be read`);
}

function evaluateAll(flags: EnvironmentFlags, context: Context): string {
  const answers = flags.names.map((name) => flags.evaluate(name, context)?.text ?? "");
  return `{"flags":[${answers.join(",")}],"metadata":{}}`;
}

function flagsOf(evaluations: Evaluations, request: Request): EnvironmentFlags {
  const flags = evaluations.of(String(request.params.environment ?? ""));
  if (flags === undefined) throw notReady();
  return flags;
}

function send(response: ApiResponse, body: string): void {
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}
