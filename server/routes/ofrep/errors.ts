/** Errors of OFREP: JSON with `errorCode` and `errorDetails` in place of problem details. */
import type { Request, Response } from "express";
import { HttpError } from "../../http/problem.ts";
import { parseRoute } from "../../openapi/path-template.ts";

/** The body is valid JSON, but its context is not one. */
export class InvalidContextError extends HttpError {
  constructor(detail: string) {
    super(400, detail);
  }
}

/** A key of a client is repeated in part only. */
const maxKeyLength = 300;

/** The path of a bulk evaluation below an environment. */
export const evaluationPath = "/ofrep/v1/evaluate/flags";

/** Whether errors at this path have OFREP's form. */
export function isEvaluationPath(path: string): boolean {
  return parseRoute(path)?.template.includes(evaluationPath) === true;
}

/** Ends a request for an evaluation with an error: with the key of the flag if the path has one. */
export function sendEvaluationError(request: Request, response: Response, error: HttpError): void {
  const body = errorBody(keyOf(request.path), error);
  response.status(error.status).set("Cache-Control", "no-store");
  response.setHeader("Content-Type", "application/json");
  response.end(body);
}

export function errorBody(key: string | undefined, error: HttpError): string {
  return JSON.stringify({
    key: key?.slice(0, maxKeyLength),
    errorCode: codeOf(key, error),
    errorDetails: error.message,
  });
}

/** OpenFeature's code. OFREP knows one for a 404 of a single flag, also if its environment is not served. */
function codeOf(key: string | undefined, error: HttpError): string {
  if (error instanceof InvalidContextError) return "INVALID_CONTEXT";
  if (error.status === 404 && key !== undefined) return "FLAG_NOT_FOUND";
  return error.status === 400 ? "PARSE_ERROR" : "GENERAL";
}

function keyOf(path: string): string | undefined {
  const key = parseRoute(path)?.parameters.flag_name;
  if (key === undefined) return undefined;
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
