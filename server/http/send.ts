/** How bodies with an entity tag are sent. */
import { type BinaryLike, hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isNotModified } from "./conditions.ts";

/** The entity tag of a body: the same as that of a published object. */
export function entityTag(body: BinaryLike): string {
  return `"${hash("md5", body)}"`;
}

/** Sends a body, or 304 without it if the client has it already. Node leaves the body of a HEAD out. */
export function sendTagged(
  request: IncomingMessage,
  response: ServerResponse,
  etag: string,
  contentType: string,
  body: string | Buffer,
): void {
  response.setHeader("ETag", etag);
  if (isNotModified(request.headers["if-none-match"], etag)) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader("Content-Type", contentType);
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.end(body);
}
