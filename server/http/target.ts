/** What a request asks for, before anything is looked up by it. */
import type { RequestHandler } from "express";
import { HttpError } from "./problem.ts";

/**
 * A request's target without the host that it may name (RFC 9112, section 3.2.2). Express passes
 * over all handlers where it cannot read the host, and answers in HTML.
 */
export function originForm(target = "/"): string {
  const [host] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target) ?? [];
  if (host === undefined) return target;
  const rest = target.slice(host.length);
  return rest.startsWith("/") ? rest : `/${rest}`;
}

/** Express would answer a percent sign that escapes nothing in HTML, and elsewhere not at all. */
export const refuseBadEscapes: RequestHandler = (request, _response, next) => {
  try {
    decodeURIComponent(request.path);
  } catch {
    throw new HttpError(400, "Cannot read the URL: it has a percent sign that escapes nothing");
  }
  next();
};
