import type { ErrorRequestHandler } from "express";
import { WriteUnavailableError } from "../store/unavailable.ts";
import { HttpError, sendProblem } from "./problem.ts";

/** When to come back after an answer of 503 or 429, in seconds, where nobody knows better. */
const retryAfter = 2;

/** Turns whatever went wrong into problem details. Nothing of a failure's insides reaches a client. */
export const fail: ErrorRequestHandler = (error, request, response, next) => {
  if (response.headersSent) return next(error);
  const known = asHttpError(error);
  if (!known) response.locals.failure = error;
  if (error instanceof WriteUnavailableError && error.retryAfter !== undefined)
    response.setHeader("Retry-After", String(error.retryAfter));
  const isForNow = known?.status === 503 || known?.status === 429;
  if (isForNow && !response.hasHeader("Retry-After"))
    response.setHeader("Retry-After", String(retryAfter));
  sendProblem(request, response, known ?? new HttpError(500, "Cannot answer: the server failed"));
};

function asHttpError(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  if (error instanceof WriteUnavailableError)
    return new HttpError(503, error.message, { kind: "write-unavailable" });
  // Express and its parsers say with a status that it was the client.
  const { status, type } = error as { status?: unknown; type?: unknown };
  if (typeof status !== "number" || status < 400 || status > 499) return undefined;
  const details: Record<number, string> = {
    413: "Cannot read a body of more than 32 KiB",
    415: "Cannot read a body in this encoding",
  };
  return new HttpError(
    status,
    details[status] ?? `Cannot read the request${typeof type === "string" ? ` (${type})` : ""}`,
  );
}
