import type { RequestHandler } from "express";
import { rateLimit } from "express-rate-limit";
import type { Principal } from "../../schema/access/tokens.ts";
import { HttpError } from "../http/problem.ts";

/** Writes per minute of each token; 0 is no limit. */
export function limitWrites(perMinute: number): RequestHandler {
  if (perMinute === 0) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    // It would tell the console, with a stack, of what a client may send.
    validate: false,
    keyGenerator: (_request, response) => (response.locals.principal as Principal).id,
    handler: () => {
      throw new HttpError(429, `Cannot write so often: ${perMinute} writes a minute are allowed`);
    },
  });
}
