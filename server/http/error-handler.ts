import type { ErrorRequestHandler } from "express";
import type { Project } from "../../schema/project/project.ts";
import { WriteUnavailableError } from "../../store/git/unavailable.ts";
import { hintFor } from "./hints.ts";
import { HttpError, sendProblem } from "./problem.ts";

/** When to come back after an answer of 503 or 429, in seconds, where nobody knows better. */
const retryAfter = 2;

/**
 * Turns whatever went wrong into problem details. Nothing of a failure's insides reaches a client. What
 * is not found may be misspelt: `names` are those of the flags that are served.
 */
export function errorHandler(
  project: () => Project,
  names: () => readonly string[],
): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    const known = asHttpError(error);
    if (!known) response.locals.failure = error;
    const isForNow = known?.status === 503 || known?.status === 429;
    if (isForNow && !response.hasHeader("Retry-After"))
      response.setHeader("Retry-After", String(waitOf(error) ?? retryAfter));
    const failed = known ?? new HttpError(500, "Cannot answer: the server failed");
    const hint = failed.status === 404 ? hintFor(project(), request.path, names()) : "";
    sendProblem(request, response, failed, hint);
  };
}

function waitOf(error: unknown): number | undefined {
  return error instanceof WriteUnavailableError ? error.retryAfter : undefined;
}

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
