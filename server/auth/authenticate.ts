import type { Request, RequestHandler } from "express";
import { rateLimit } from "express-rate-limit";
import { HttpError } from "../http/problem.ts";
import type { Authenticator } from "./authenticator.ts";

/** Failed authentications of one address in a minute. */
const failuresPerMinute = 30;

/**
 * Finds out who asks. Failures are counted per address; good tokens are never held up by them. A
 * request that `isFree` goes on without a token, of nobody.
 */
export function authenticate(
  authenticator: Authenticator,
  isFree: (request: Request) => boolean,
): RequestHandler {
  const limit = rateLimit({
    windowMs: 60_000,
    limit: failuresPerMinute,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    // It would tell the console, with a stack, of what a client may send.
    validate: false,
    handler: () => {
      throw new HttpError(429, "Cannot try again so soon: too many failed authentications");
    },
  });
  const examine: RequestHandler = async (request, response, next) => {
    const header = request.get("Authorization");
    const principal = await authenticator.authenticate(header);
    if (principal) {
      response.locals.principal = principal;
      return next();
    }
    if (header === undefined && isFree(request)) return next();
    await limit(request, response, (error?: unknown) => {
      if (error) return next(error);
      const invalid = header === undefined ? "" : ', error="invalid_token"';
      response.setHeader("WWW-Authenticate", `Bearer realm="feature flags"${invalid}`);
      next(
        new HttpError(
          401,
          'Cannot tell who asks: wanted "Authorization: Bearer TOKEN" with a token that is good',
        ),
      );
    });
  };
  return (request, response, next) => {
    // Nearly all are known at once, and need not wait for a promise.
    const known = authenticator.recognize(request.get("Authorization"));
    if (!known) return examine(request, response, next);
    response.locals.principal = known;
    next();
  };
}
