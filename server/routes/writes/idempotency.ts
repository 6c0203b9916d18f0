import { createHash } from "node:crypto";
import type { Request } from "express";
import type { Principal } from "../../../schema/access/tokens.ts";
import { HttpError } from "../../http/problem.ts";

/** Keys are each principal's own. Kept as hashes: a commit message is public. */
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
    key: digest(`${principal.id}\n${header}`),
    fingerprint: digest(`${request.method} ${request.path}\n${content}`).slice(0, 16),
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
