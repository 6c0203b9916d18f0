/** The state of a request while it is handled, and the types of its handlers. */
import type { NextFunction, Request, Response } from "express";
import type { Principal } from "../../schema/access/tokens.ts";
import type { WriteOutcome } from "./write-outcome.ts";

/** `response.locals`. */
export interface Locals {
  requestId: string;
  /** Missing before authentication, and for requests that need no token. */
  principal?: Principal;
  /** The flag that a write changes. */
  flag?: string;
  /** The started write, which continues if the client disconnects. */
  writing?: Promise<WriteOutcome>;
  /** The answer is an event stream. */
  isStream?: true;
  /** The error inside the server that ended the request. */
  failure?: unknown;
}

export type ApiResponse = Response<unknown, Locals>;
export type Handler = (request: Request, response: ApiResponse, next: NextFunction) => unknown;

/** Who sent the request. Throws if it was not authenticated: a route without `authenticate()` before it. */
export function principalOf({ locals }: ApiResponse): Principal {
  if (!locals.principal)
    throw new Error("Cannot tell who sent the request: it was not authenticated");
  return locals.principal;
}
