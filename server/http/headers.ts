/** The headers that every answer has, and those for browsers on other origins. */
import { ServerResponse } from "node:http";
import cors from "cors";
import type { Request, RequestHandler, Response } from "express";

/**
 * What an API without pages needs, should a browser open one of its answers: nothing in it is loaded,
 * framed or taken for another type. `Strict-Transport-Security` belongs to the proxy that speaks TLS
 * (RFC 6797, section 7.2).
 */
const securityHeaders = {
  "Content-Security-Policy": "default-src 'none';frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
};

export const setSecurityHeaders: RequestHandler = (_request, response, next) => {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
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
