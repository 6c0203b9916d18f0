/** The headers that every answer has, and those for browsers on other origins. */
import { ServerResponse } from "node:http";
import cors from "cors";
import type { Request, RequestHandler, Response } from "express";
import helmet from "helmet";

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

/** The headers that these set for a request from `origin`, for answers that do not pass them; names in lower case. */
export function commonHeaders(
  origins: readonly string[],
  origin: string | undefined,
): Record<string, string> {
  const request = { method: "GET", headers: { origin } } as Request;
  const response = new ServerResponse(request) as Response;
  for (const set of [secure, allowOrigins(origins)]) void set(request, response, () => {});
  const headers = Object.entries(response.getHeaders());
  return Object.fromEntries(headers.map(([name, value]) => [name, String(value)]));
}
