import type { NextFunction, Request } from "express";
import { WriteDeclinedError, WriteUnavailableError } from "../../store/remote/unavailable.ts";
import type { FlagStore } from "../../store/writes/flag-store.ts";
import { IssuerUnavailableError } from "../auth/signing-keys.ts";
import type { ApiResponse } from "../http/handler.ts";
import { HttpError, type sendProblem } from "../http/problem.ts";
import { hintFor, repeatHint } from "./hints.ts";

/** `Retry-After` of an answer of 503 or 429, in seconds, if the error does not name a time. */
export const defaultRetryAfter = 2;

/**
 * Answers every error with `send`. No detail of an internal error reaches a client. A hint names a similar
 * path that `store` serves if one is not found, and says how to repeat a write that may have been made.
 */
export function errorHandler(
  store: Pick<FlagStore, "project" | "current">,
  send: typeof sendProblem,
) {
  return (error: unknown, request: Request, response: ApiResponse, next: NextFunction): void => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const known = asHttpError(error);
    if (!known) response.locals.failure = error;
    const isTemporary = known?.status === 503 || known?.status === 429;
    if (isTemporary && !response.hasHeader("Retry-After"))
      response.setHeader("Retry-After", String(retryAfterOf(error)));
    const failed = known ?? new HttpError(500, "Cannot answer: the server failed");
    const names = () => store.current?.snapshot.flags.map(({ name }) => name) ?? [];
    const mayBeMade =
      response.locals.writing !== undefined && (failed.status === 500 || isOutcomeUnknown(error));
    const hint = mayBeMade
      ? repeatHint(request.get("Idempotency-Key") !== undefined)
      : failed.status === 404
        ? hintFor(store.project, request.path, names())
        : "";
    send(request, response, failed, hint);
  };
}

function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof WriteUnavailableError && error.isOutcomeUnknown;
}

function retryAfterOf(error: unknown): number {
  const { retryAfter = defaultRetryAfter } = error as { retryAfter?: number };
  return retryAfter;
}

function asHttpError(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  if (error instanceof WriteUnavailableError)
    return new HttpError(503, error.message, { kind: "write-unavailable" });
  if (error instanceof WriteDeclinedError)
    return new HttpError(502, error.message, { kind: "write-declined" });
  if (error instanceof IssuerUnavailableError) {
    const detail = "Cannot authenticate: the issuer of JSON web tokens does not answer";
    return new HttpError(503, detail, { kind: "issuer-unavailable" });
  }
  // Express and its parsers set a status if the error is the client's.
  const { status, type, limit } = error as { status?: unknown; type?: unknown; limit?: unknown };
  if (typeof status !== "number" || status < 400 || status > 499) return undefined;
  const details: Record<number, string> = {
    413: `Cannot read a body of more than ${Number(limit) / 1_024} KiB`,
    415: "Cannot read a body in this encoding",
  };
  return new HttpError(
    status,
    details[status] ?? `Cannot read the request${typeof type === "string" ? ` (${type})` : ""}`,
  );
}
