/** What every request goes through, in the order of `app.ts`. */
import { randomUUID } from "node:crypto";
import { ServerResponse } from "node:http";
import cors from "cors";
import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import { rateLimit } from "express-rate-limit";
import helmet from "helmet";
import type { Logger } from "pino";
import type { Principal } from "../schema/token.ts";
import { WriteUnavailableError } from "../store/flag-store.ts";
import type { WriteResult } from "../store/write.ts";
import type { Authenticator } from "./authenticator.ts";
import type { Metrics } from "./metrics.ts";
import { type Action, refusal } from "./principal.ts";
import { HttpError, sendProblem } from "./problem.ts";
import { environmentOf, routeOf } from "./routes.ts";

/** Failed authentications of one address in a minute. */
const failuresPerMinute = 30;
/** When to come back after an answer of 503 or 429, in seconds, where nobody knows better. */
const retryAfter = 2;
/** What the log says, as nginx does, of a request whose client did not wait for the answer. */
const abandoned = 499;

/** Gives each request an id, and tells metrics and log how it ended. */
export function observe(metrics: Metrics, log: Logger): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const given = request.get("X-Request-Id") ?? "";
    const requestId = /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    response.locals.requestId = requestId;
    response.setHeader("X-Request-Id", requestId);
    const tell = (written?: WriteResult) => {
      const { method, path } = request;
      const status = response.headersSent ? response.statusCode : abandoned;
      const route = routeOf(path);
      const labels = { route, method: methods.has(method) ? method : "other", status };
      // How long somebody listens is no measure of how fast an answer is.
      if (!response.locals.isStream)
        metrics.requests.observe(labels, (performance.now() - started) / 1_000);
      if (status >= 400) metrics.errors.inc({ route, status });
      const { principal, flag, failure } = response.locals;
      const result = written?.status ?? `refused-${status}`;
      const line = { requestId, method, path: path.slice(0, 200), status, actor: principal?.id };
      if (failure !== undefined) log.error({ ...line, err: failure }, "failed");
      if (writes.has(method) && route.includes("feature-flags")) {
        const kind = { POST: "create", PUT: "update", DELETE: "delete" }[method] ?? method;
        metrics.updates.inc({ kind, result });
        const commit = written && "commit" in written ? written.commit : undefined;
        log.info({ audit: true, ...line, flag, result, commit }, "write");
      } else log.debug(line, "read");
    };
    response.on("close", () => {
      // Who does not wait for the end of a write does not end it.
      const writing: Promise<WriteResult> = response.locals.writing ?? Promise.resolve(undefined);
      writing.then(tell, () => tell());
    });
    next();
  };
}

const writes = new Set(["POST", "PUT", "DELETE"]);
const methods = new Set(["GET", "HEAD", "OPTIONS", ...writes]);

/** There is nothing to render, embed or script here, so what guards pages is left out. */
export const secure: RequestHandler = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  crossOriginResourcePolicy: { policy: "cross-origin" },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** Exactly the origins that are configured, and nobody else. */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  if (origins.length === 0) return (_request, _response, next) => next();
  const exposedHeaders = ["ETag", "Retry-After", "Location", "Bunting-Commit", "X-Request-Id"];
  const allowed = ["GET", "HEAD", "POST", "PUT", "DELETE"];
  return cors({ origin: [...origins], methods: allowed, exposedHeaders, maxAge: 600 });
}

/** The headers that these set for a request without an origin, for answers that do not pass them; names in lower case. */
export function plainHeaders(origins: readonly string[]): Record<string, string> {
  const request = { method: "GET", headers: {} } as Request;
  const response = new ServerResponse(request) as Response;
  for (const set of [secure, allowOrigins(origins)]) void set(request, response, () => {});
  const headers = Object.entries(response.getHeaders());
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}

export const refuseBadEscapes: RequestHandler = (request, _response, next) => {
  try {
    decodeURIComponent(request.path);
  } catch {
    throw new HttpError(400, "Cannot read the URL: it has a percent sign that escapes nothing");
  }
  next();
};

/** Finds out who asks. Failures are counted per address; good tokens are never held up by them. */
export function authenticate(authenticator: Authenticator): RequestHandler {
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
  return async (request, response, next) => {
    const header = request.get("Authorization");
    const principal = await authenticator.authenticate(header);
    if (principal) {
      response.locals.principal = principal;
      response.locals.isStillGood = () => authenticator.recognize(header) !== undefined;
      next();
      return;
    }
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
}

export function permit(action: Action): RequestHandler {
  return (request, response, next) => {
    const principal = response.locals.principal as Principal;
    const name = request.params.name === undefined ? undefined : String(request.params.name);
    const reason = refusal(principal, action, environmentOf(request.path), name);
    next(reason === undefined ? undefined : new HttpError(403, reason));
  };
}

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

/** Turns whatever went wrong into problem details. Nothing of a failure's insides reaches a client. */
export const fail: ErrorRequestHandler = (error, request, response, next) => {
  if (response.headersSent) return next(error);
  const known = asHttpError(error);
  if (!known) response.locals.failure = error;
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
