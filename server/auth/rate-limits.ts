/** Rate limits: of all requests of an address, and of expensive ones of a token. */
import { type Options, type RateLimitRequestHandler, rateLimit } from "express-rate-limit";
import { type Handler, principalOf } from "../http/handler.ts";
import { HttpError } from "../http/problem.ts";

const expensiveReadsPerMinute = 120;

/** Writes per minute of each token; 0 is no limit. */
export function limitWrites(perMinute: number): Handler {
  return limitPerToken(perMinute, "write");
}

/** Reads that start git processes or call GitHub: histories, and the status of a proposal. */
export function limitExpensiveReads(): Handler {
  return limitPerToken(expensiveReadsPerMinute, "read");
}

function limitPerToken(perMinute: number, what: "write" | "read"): Handler {
  if (perMinute === 0) return (_request, _response, next) => next();
  const kind = what === "write" ? "writes" : "reads of this kind";
  return limitPerMinute(
    perMinute,
    `Cannot ${what} so often: ${perMinute} ${kind} a minute are allowed`,
    { keyGenerator: (_request, response) => principalOf(response as never).id },
  );
}

/** Refuses more requests of one address in a minute with 429 and `detail`. */
export function limitPerMinute(
  limit: number,
  detail: string,
  options: Partial<Options> = {},
): RateLimitRequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    // Its warnings go to the console, with a stack, for what a client may send.
    validate: false,
    handler: () => {
      throw new HttpError(429, detail);
    },
    ...options,
  });
}
