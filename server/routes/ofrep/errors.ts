/** Errors of OFREP: JSON with `errorCode` and `errorDetails` in place of problem details. */
import type { Request, Response } from "express";
import { parseRoute } from "../../http/path-template.ts";
import { HttpError } from "../../http/problem.ts";

/** OpenFeature's codes that a server can give. */
export type ErrorCode = "FLAG_NOT_FOUND" | "PARSE_ERROR" | "INVALID_CONTEXT" | "GENERAL";

/** An error with an OpenFeature code of its own. */
export class EvaluationError extends HttpError {
  readonly errorCode: ErrorCode;

  constructor(status: number, errorCode: ErrorCode, detail: string) {
    super(status, detail);
    this.errorCode = errorCode;
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

/** Ends a request for an evaluation with an error: with the key of the flag where one is in the path. */
export function sendEvaluationError(request: Request, response: Response, error: HttpError): void {
  const body = errorBody(keyOf(request.path), error);
  response.status(error.status).set("Cache-Control", "no-store");
  response.setHeader("Content-Type", "application/json");
  response.end(body);
}

export function errorBody(key: string | undefined, error: HttpError): string {
  const errorCode = error instanceof EvaluationError ? error.errorCode : codeOf(key, error.status);
  return JSON.stringify({
    key: key?.slice(0, maxKeyLength),
    errorCode,
    errorDetails: error.message,
  });
}

/** OFREP knows one code for a 404 of a single flag, also if its environment is not served. */
function codeOf(key: string | undefined, status: number): ErrorCode {
  if (status === 404 && key !== undefined) return "FLAG_NOT_FOUND";
  return status === 400 ? "PARSE_ERROR" : "GENERAL";
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
