/** OpenFeature's Remote Evaluation Protocol: the server evaluates flags for the caller of a request. */
import { hash } from "node:crypto";
import type { Request } from "express";
import type { Context } from "../../../schema/evaluate/context.ts";
import { jsonOf } from "../../http/body.ts";
import { isNotModified } from "../../http/conditions.ts";
import type { ApiResponse, Handler } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import { notReady } from "../reads/reads.ts";
import type { CatchUp } from "./catch-up.ts";
import { contextOf } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import type { EnvironmentFlags, Evaluations } from "./evaluations.ts";
import { eventStreamsOf } from "./event-streams.ts";
import type { StreamKeys } from "./stream-keys.ts";

export const evaluationPath = "/ofrep/v1/evaluate/flags";

/** Counts an evaluation of a single flag; `variant` is missing if there is no such flag. */
export type CountEvaluation = (
  environment: string,
  name: string,
  variant: string | undefined,
) => void;

/** `POST /ofrep/v1/evaluate/flags/{key}` */
export function evaluateFlagHandler(evaluations: Evaluations, count: CountEvaluation): Handler {
  return (request, response) => {
    const context = contextOf(bodyOf(request));
    const flags = flagsOf(evaluations, folderOf(request));
    send(response, evaluateFlag(flags, String(request.params.key), context, count));
  };
}

/**
 * `POST /ofrep/v1/evaluate/flags`: all flags. The entity tag is of the body, because it depends on the
 * context. This counts no evaluations: a provider asks for all flags, whichever of them it uses.
 */
export function evaluateAllHandler(
  evaluations: Evaluations,
  keys: StreamKeys,
  catchUp: CatchUp,
): Handler {
  return async (request, response) => {
    const context = contextOf(bodyOf(request));
    const folder = folderOf(request);
    const { flagConfigEtag } = request.query;
    if (typeof flagConfigEtag === "string") await catchUp.to(flagConfigEtag, folder);
    const streams = eventStreamsOf(keys, request.get("Authorization") ?? "", folder);
    const body = evaluateAll(flagsOf(evaluations, folder), context, streams);
    const etag = `"${hash("md5", body)}"`;
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

/** OFREP's answer for one flag. Throws `EvaluationError` if there is no such flag, or if its definition cannot be read. */
function evaluateFlag(
  flags: EnvironmentFlags,
  key: string,
  context: Context,
  count: CountEvaluation,
): string {
  const evaluated = flags.evaluate(key, context);
  if (evaluated?.evaluation.errorCode === undefined)
    count(flags.environment, key, evaluated?.evaluation.variant);
  if (evaluated === undefined) {
    const detail = `Cannot find a flag "${key.slice(0, 100)}" in ${flags.environment}`;
    throw new EvaluationError(404, "FLAG_NOT_FOUND", detail);
  }
  if (evaluated.evaluation.errorCode === undefined) return evaluated.text;
  throw new HttpError(500, `Cannot evaluate "${key}": its definition cannot be read`);
}

function evaluateAll(
  flags: EnvironmentFlags,
  context: Context,
  eventStreams: readonly object[] | undefined,
): string {
  const answers = flags.names.map((name) => flags.evaluate(name, context)?.text ?? "");
  const streams = eventStreams ? `"eventStreams":${JSON.stringify(eventStreams)},` : "";
  return `{"flags":[${answers.join(",")}],${streams}"metadata":{}}`;
}

function flagsOf(evaluations: Evaluations, folder: string): EnvironmentFlags {
  const flags = evaluations.of(folder);
  if (flags === undefined) throw notReady();
  return flags;
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
