/** Records requests and scheduled steps in metrics and log. */
import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { timeOf } from "../../schema/flag/schedule.ts";
import { findCredentials } from "../../schema/text/personal-data.ts";
import type { StepResult } from "../../store/schedule/apply-steps.ts";
import type { Handler } from "../http/handler.ts";
import type { WriteOutcome } from "../http/write-outcome.ts";
import { routeOf } from "../openapi/path-template.ts";
import { changeOf, type EndedRequest, writeLog } from "./audit.ts";
import type { ServerMetrics } from "./metrics.ts";

/** The status in log and metrics if the client did not wait for the answer; nginx uses the same. */
export const clientClosedRequest = 499;

/** Gives each request an id, and records its result in metrics and log. */
export function observe(metrics: ServerMetrics, log: Logger): Handler {
  return (request, response, next) => {
    const startedMs = performance.now();
    const requestId = requestIdOf(request.headers["x-request-id"]);
    response.locals.requestId = requestId;
    response.setHeader("X-Request-Id", requestId);
    const end = (outcome?: WriteOutcome, refusal?: Error) => {
      const { method, path } = request;
      const { principal, flag, failure, isStream } = response.locals;
      // `Streams` reports its own.
      if (isStream) return;
      const status = response.headersSent ? response.statusCode : clientClosedRequest;
      const route = routeOf(path);
      const actor = principal?.id;
      const result = { outcome, refusal, failure };
      const ended = { requestId, method, path, route, status, actor, flag, ...result };
      reportEnd(metrics, log, ended, (performance.now() - startedMs) / 1_000);
    };
    response.on("close", () => {
      // A write continues if the client disconnects before its end.
      const { writing } = response.locals;
      if (writing !== undefined) writing.then(end, (error: Error) => end(undefined, error));
      else end();
    });
    next();
  };
}

/** Random for each process, so that ids of several servers and of a restarted one differ. */
const processId = randomBytes(8).toString("hex");
let requestCount = 0;

/**
 * The id of a request: the client's `X-Request-Id`, or a new one. An id is kept in logs and commits, so
 * one that looks like a credential is replaced.
 */
export function requestIdOf(given: string | string[] | undefined): string {
  const isUsable = typeof given === "string" && /^[\w.-]{1,64}$/.test(given);
  return isUsable && findCredentials(given).length === 0 ? given : `${processId}-${++requestCount}`;
}

const methods = new Set(["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"]);

/** Reports the end of a request to metrics and log. */
export function reportEnd(
  metrics: ServerMetrics,
  log: Logger,
  ended: EndedRequest,
  seconds: number,
): void {
  const { route, status } = ended;
  const method = methods.has(ended.method) ? ended.method : "other";
  metrics.requests.series({ route, method, status }).observe(seconds);
  if (status >= 400) metrics.errors.inc({ route, status });
  const change = changeOf(ended);
  if (change) metrics.updates.inc(change);
  writeLog(log, ended);
}

/** Reports a scheduled step to metrics and log. */
export function reportStep(metrics: ServerMetrics, log: Logger, result: StepResult): void {
  const { flag, block, step, status, commit, faults } = result;
  metrics.steps.inc({ result: status });
  const lateSeconds = Math.max(0, Math.round((Date.now() - timeOf(step)) / 1_000));
  const line = { audit: true, flag, environment: block, step, result: status, commit, faults };
  log.info({ ...line, lateSeconds }, "scheduled step");
}
