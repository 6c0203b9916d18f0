import { createHmac, timingSafeEqual } from "node:crypto";
import type { RequestHandler } from "express";
import { HttpError } from "../http/problem.ts";

/** GitHub sends no more, in bytes. */
const limit = 25 * 1_024 * 1_024;

/**
 * `POST /webhooks/github`: a push happened, so look now instead of at the next poll. The body is
 * only proof of who asks, and never kept; what changed is asked of the remote, so a replay does no
 * harm.
 */
export function webhookHandler(
  secret: string | undefined,
  sync: () => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    if (secret === undefined)
      throw new HttpError(404, "Cannot take webhooks: GITHUB_WEBHOOK_SECRET is not set");
    if (Number(request.get("Content-Length") ?? 0) > limit)
      throw new HttpError(413, "Cannot take a webhook of more than 25 MiB");
    const hmac = createHmac("sha256", secret);
    for await (const chunk of request) hmac.update(chunk as Buffer);
    const expected = Buffer.from(`sha256=${hmac.digest("hex")}`);
    const given = Buffer.from(request.get("X-Hub-Signature-256") ?? "");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new HttpError(403, "Cannot take this webhook: its signature is not ours");
    }
    void sync();
    response.status(202).end();
  };
}
