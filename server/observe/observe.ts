import { randomUUID } from "node:crypto";
import type { RequestHandler } from "express";
import type { Logger } from "pino";
import { routeOf } from "../http/routes.ts";
import type { Outcome } from "../routes/writes/outcome.ts";
import { type Ended, resultOf, writeTo } from "./audit.ts";
import type { Metrics } from "./metrics.ts";

/** What log and metrics say, as nginx does, of a request whose client did not wait for the answer. */
const abandoned = 499;

/** Gives each request an id, and tells metrics and log how it ended. */
export function observe(metrics: Metrics, log: Logger): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const given = request.get("X-Request-Id") ?? "";
    const requestId = /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
    response.locals.requestId = requestId;
    response.setHeader("X-Request-Id", requestId);
    const tell = (written?: Outcome) => {
      const { method, path } = request;
      const status = response.headersSent ? response.statusCode : abandoned;
      const { principal, flag, failure, isStream } = response.locals;
      const actor: string | undefined = principal?.id;
      const route = routeOf(path);
      const ended = { requestId, method, path, route, status, actor, flag, written, failure };
      // How long somebody listens is no measure of how fast an answer is.
      count(metrics, ended, isStream ? undefined : (performance.now() - started) / 1_000);
      writeTo(log, ended);
    };
    response.on("close", () => {
      // Who does not wait for the end of a write does not end it.
      const writing: Promise<Outcome> | undefined = response.locals.writing;
      if (writing !== undefined) writing.then(tell, () => tell());
      else tell();
    });
    next();
  };
}

const methods = new Set(["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"]);

function count(metrics: Metrics, ended: Ended, seconds: number | undefined): void {
  const { route, status } = ended;
  const method = methods.has(ended.method) ? ended.method : "other";
  if (seconds !== undefined) metrics.requests.series({ route, method, status }).observe(seconds);
  if (status >= 400) metrics.errors.inc({ route, status });
  const change = resultOf(ended);
  if (change) metrics.updates.inc(change);
}
