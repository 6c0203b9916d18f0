/** The headers that every answer has, and those for browsers on other origins. */
import { ServerResponse } from "node:http";
import cors from "cors";
import type { Request, RequestHandler, Response } from "express";
import helmet from "helmet";

/** The API has no pages, and browsers read it by CORS, so the headers for pages and embedded files are left out. */
const protect = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  crossOriginResourcePolicy: false,
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  referrerPolicy: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xFrameOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** The headers of helmet are the same for all requests, so they are computed once. */
const securityHeaders = headersBy([protect], undefined);

export const setSecurityHeaders: RequestHandler = (_request, response, next) => {
  for (const [name, value] of securityHeaders) response.setHeader(name, value);
  next();
};

/** Answers browsers on the configured origins, and on no others. */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  if (origins.length === 0) return (_request, _response, next) => next();
  const exposedHeaders = "ETag,Retry-After,Location,Bunting-Commit,X-Request-Id,Publish-Waiting";
  const allowed = ["GET", "HEAD", "POST", "PUT", "DELETE"];
  return cors({ origin: [...origins], methods: allowed, exposedHeaders, maxAge: 600 });
}

/** The headers of every answer, with names in lower case, by the origin of the page; `undefined` is a program. */
export function commonHeaders(
  origins: readonly string[],
): [origin: string | undefined, headers: Record<string, string>][] {
  const handlers = [setSecurityHeaders, allowOrigins(origins)];
  return [undefined, ...origins].map((origin) => [
    origin,
    Object.fromEntries(headersBy(handlers, origin)),
  ]);
}

function headersBy(
  handlers: readonly RequestHandler[],
  origin: string | undefined,
): [name: string, value: string][] {
  const request = { method: "GET", headers: { origin } } as Request;
  const response = new ServerResponse(request) as Response;
  for (const set of handlers) void set(request, response, () => {});
  return Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]);
}
