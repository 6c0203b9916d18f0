import { createHmac, timingSafeEqual } from "node:crypto";
import type { RequestHandler } from "express";
import { HttpError } from "./problem.ts";

/**
 * `POST /webhooks/github`: a push happened, so look now instead of at the next poll. The body is
 * only proof of who asks; what changed is asked of the remote, so a replay does no harm.
 */
export function webhookHandler(
  secret: string | undefined,
  sync: () => Promise<void>,
): RequestHandler {
  return (request, response) => {
    if (secret === undefined)
      throw new HttpError(404, "Cannot take webhooks: GITHUB_WEBHOOK_SECRET is not set");
    const body: unknown = request.body;
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    const expected = Buffer.from(
      `sha256=${createHmac("sha256", secret).update(bytes).digest("hex")}`,
    );
    const given = Buffer.from(request.get("X-Hub-Signature-256") ?? "");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new HttpError(401, "Cannot take this webhook: its signature is not ours");
    }
    void sync();
    response.status(202).end();
  };
}
