import type { Request } from "express";
import type { RateLimitInfo } from "express-rate-limit";
import type { Logger } from "pino";
import type { ApiResponse, Handler } from "../http/handler.ts";
import { HttpError } from "../http/problem.ts";
import { type Authenticator, bearerToken } from "./authenticator.ts";
import { limitPerMinute } from "./rate-limits.ts";

/** Maximum number of failed authentications of one address in a minute. */
const failuresPerMinute = 30;

/**
 * Finds out who sends a request. Failures are logged with their reason and counted per address; they
 * never block a valid token. A request for which `isPublic` returns true may come without a token.
 */
export function authenticate(
  authenticator: Authenticator,
  isPublic: (request: Request) => boolean,
  log: Logger,
): Handler {
  const detail = "Cannot try again so soon: too many failed authentications";
  const limit: Handler = limitPerMinute(failuresPerMinute, detail);

  return async (request, response, next) => {
    const header = request.get("Authorization");
    if (header === undefined && isPublic(request)) return next();
    const result = await authenticator.authenticate(header);
    if ("principal" in result) {
      response.locals.principal = result.principal;
      return next();
    }
    await limit(request, response, (error?: unknown) => {
      logFailure(log, request, response, error ? undefined : result.refused);
      if (error) return next(error);
      const invalid = header === undefined ? "" : ', error="invalid_token"';
      response.setHeader("WWW-Authenticate", `Bearer realm="feature flags"${invalid}`);
      next(new HttpError(401, `Cannot authenticate: ${describeFailure(header)}`));
    });
  };
}

/** Says what is wrong with the form of a header, but nothing about the token in it: the log has the reason. */
function describeFailure(header: string | undefined): string {
  if (header === undefined)
    return 'the request has no Authorization header; send "Authorization: Bearer TOKEN"';
  if (bearerToken(header) === undefined)
    return 'the Authorization header must be "Bearer TOKEN", with one space and no quotes';
  return "the token is not valid, or no longer; the server's log has the reason, by X-Request-Id";
}

/** Logs each failure with its reason. If an address exceeds the limit, this is logged once, so that the log stays small. */
function logFailure(
  log: Logger,
  request: Request,
  { locals: { requestId } }: ApiResponse,
  reason: string | undefined,
): void {
  const line = { requestId, address: request.ip };
  const { rateLimit: limit } = request as { rateLimit?: RateLimitInfo };
  if (reason !== undefined) log.warn({ ...line, reason }, "authentication failed");
  else if (limit?.used === failuresPerMinute + 1) log.warn(line, "too many failed authentications");
}
