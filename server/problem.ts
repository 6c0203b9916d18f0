import { STATUS_CODES } from "node:http";
import type { Request, Response } from "express";

/** Ends a request with an error, as problem details (RFC 9457). */
export function problem(
  request: Request,
  response: Response,
  status: number,
  detail: string,
): void {
  const title = STATUS_CODES[status] ?? "Error";
  const kind = title.toLowerCase().replaceAll(/[^a-z]+/g, "-");
  const type = `https://bunting.example/problems/${kind}`;
  const body = { type, title, status, detail: cut(detail), instance: cut(request.path) };
  response.status(status).set("Cache-Control", "no-store");
  response.set("Content-Type", "application/problem+json").end(JSON.stringify(body));
}

/** What a client sent comes back short, however long it was. */
function cut(text: string): string {
  return text.length > 300 ? `${text.slice(0, 299)}…` : text;
}
