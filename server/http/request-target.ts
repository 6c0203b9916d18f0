/** The target of a request, before routing. */
import type { RequestHandler } from "express";
import { HttpError } from "./problem.ts";

/**
 * A request's target without a host (RFC 9112, section 3.2.2). If Express cannot parse the host, it skips
 * all handlers and answers in HTML.
 */
export function originForm(target = "/"): string {
  const [host] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target) ?? [];
  if (host === undefined) return target;
  const rest = target.slice(host.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Answers 400 to an invalid percent escape; Express would answer in HTML. */
export const refuseBadEscapes: RequestHandler = (request, _response, next) => {
  try {
    decodeURIComponent(request.path);
  } catch {
    throw new HttpError(400, "Cannot read the URL: it has a percent sign that escapes nothing");
  }
  next();
};
