import { hash } from "node:crypto";
import type { Request } from "express";
import type { Principal } from "../../../schema/access/tokens.ts";
import { HttpError } from "../../http/problem.ts";

/**
 * The idempotency key of a request, if it has one. Each principal has keys of its own. Only hashes are
 * kept, because everybody can read a commit message. The fingerprint is the whole request.
 */
export function idempotencyOf(
  request: Request,
  principal: Principal,
): { key: string; fingerprint: string } | undefined {
  const header = request.get("Idempotency-Key");
  if (header === undefined) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(header)) {
    throw new HttpError(
      400,
      "Cannot use this Idempotency-Key: it must be 1 to 255 visible characters",
    );
  }
  const body: unknown = request.body;
  const content = Buffer.isBuffer(body) ? body.toString("utf8") : "";
  return {
    key: hash("sha256", `${principal.id}\n${header}`),
    fingerprint: hash("sha256", `${request.method} ${request.path}\n${content}`),
  };
}
