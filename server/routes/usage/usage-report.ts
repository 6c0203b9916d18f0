import type { Request, RequestHandler } from "express";
import type { Project } from "../../../schema/project/project.ts";
import { didYouMean } from "../../../schema/text/suggest.ts";
import { requirePermission } from "../../auth/permissions.ts";
import { limitPerMinute } from "../../auth/rate-limits.ts";
import { jsonOf } from "../../http/body.ts";
import type { Handler } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import { bodyReader } from "../../openapi/description.ts";
import { isUsageReport } from "../../openapi/validators.ts";
import type { Usage, UsageReport } from "./usage.ts";
import type { UsageMetrics } from "./usage-metrics.ts";

export const usagePath = "/v1/usage";

/** Maximum number of reports of one address in a minute: many clients can share an address. */
const reportsPerMinute = 300;

const read = bodyReader<UsageReport>(isUsageReport);
/** `sendBeacon()` sends text as `text/plain`; any other type needs a preflight with credentials. */
const types = ["application/json", "text/plain"];

/** `POST /v1/usage`: adds what a client counted since its last report. */
export function reportHandler(
  project: () => Project,
  usage: Usage,
  metrics: UsageMetrics,
): Handler {
  return (request, response) => {
    const report = read(jsonOf(request, types));
    const { environment } = report;
    const { environments } = project();
    if (!environments.includes(environment)) throw unknownEnvironment(environments, environment);
    const { principal } = response.locals;
    if (principal) requirePermission(principal, "read", environment);
    usage.add(report);
    metrics.count(report);
    response.status(204).end();
  };
}

/**
 * Whether a request is a report that needs no token, because `sendBeacon()` cannot send one. Only a
 * browser's `Origin` can be trusted; other programs can send any.
 */
export function isAnonymousReport(origins: readonly string[]): (request: Request) => boolean {
  return ({ method, path, headers }) =>
    method === "POST" && path === usagePath && origins.includes(headers.origin ?? "");
}

export function limitReports(): RequestHandler {
  return limitPerMinute(
    reportsPerMinute,
    `Cannot report so often: ${reportsPerMinute} reports a minute are allowed`,
  );
}

function unknownEnvironment(environments: readonly string[], name: string): HttpError {
  const hint = didYouMean(name, environments);
  const known = environments.join(", ");
  const message = `"environment" must be one of ${known}, not "${name}"${hint ? `; ${hint}` : ""}`;
  const errors = [{ pointer: "#/environment", code: "unknown-environment", message }];
  return new HttpError(400, `Cannot read the body: ${message}`, { errors });
}
