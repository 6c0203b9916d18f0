import { STATUS_CODES } from "node:http";
import type { Request, Response } from "express";
import { cut } from "../../schema/text/show.ts";

/** Maximum number of errors in a response. */
export const maxErrors = 20;

/** An entry of `errors` in problem details: a value of the request's body that is not valid. */
export interface ErrorDetail {
  /** A JSON pointer in a URI fragment: `#/enabled`. */
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
  /** The file in the repository that the line is in, if it is not in the text that was sent. */
  readonly file?: string;
  /** Both from 1; missing for JSON. */
  readonly line?: number;
  readonly column?: number;
}

/** An error that is sent to the client: it ends the request with its status. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  /** Kebab-case, for the problem's type; if missing, the title of the status. */
  readonly kind: string | undefined;
  readonly errors: readonly ErrorDetail[] | undefined;

  constructor(
    status: number,
    detail: string,
    more: { kind?: string; errors?: readonly ErrorDetail[] } = {},
  ) {
    super(detail);
    this.status = status;
    this.kind = more.kind;
    this.errors = more.errors;
  }
}

/** The error as long as no commit of the branch has been valid. */
export function notReady(): HttpError {
  const detail = "Cannot serve flags: no commit of the branch has been valid yet";
  return new HttpError(503, detail, { kind: "not-ready" });
}

/** Maximum length of a text of the client in a response. */
const maxTextLength = 300;

/** Titles of RFC 9110 that differ from Node's. */
const titles: Readonly<Record<number, string>> = { 413: "Content Too Large" };

/** Ends a request with problem details (RFC 9457); `hint` is added to the message. */
export function sendProblem(
  request: Request,
  response: Response,
  error: HttpError,
  hint: string,
): void {
  const { status, message, kind, errors } = error;
  const title = titles[status] ?? STATUS_CODES[status] ?? "Error";
  const slug = kind ?? title.toLowerCase().replaceAll(/[^a-z]+/g, "-");
  const type = `https://bunting.example/problems/${slug}`;
  const body = {
    type,
    title,
    status,
    detail: `${cut(message, maxTextLength)}${hint}`,
    instance: cut(request.path, maxTextLength),
    errors,
  };
  response.status(status).set("Cache-Control", "no-store");
  response.setHeader("Content-Type", "application/problem+json");
  response.end(JSON.stringify(body));
}
