import { createHmac, timingSafeEqual } from "node:crypto";
import type { Request } from "express";
import { limitPerMinute } from "../auth/rate-limits.ts";
import type { Handler } from "../http/handler.ts";
import { HttpError } from "../http/problem.ts";

/** GitHub sends at most 25 MiB. */
const maxBytes = 25 * 1_024 * 1_024;
/** Maximum number of webhooks with a wrong signature of one address in a minute. */
const failuresPerMinute = 60;

/**
 * `POST /webhooks/github`: something was pushed, so fetch now instead of at the next poll. The body only
 * proves who sent it and is not kept. The changes are read from the remote, so a replay does no harm.
 */
export function webhookHandlers(secret: string | undefined, sync: () => Promise<void>): Handler[] {
  if (secret === undefined) {
    return [
      () => {
        throw new HttpError(404, "Cannot accept webhooks: GITHUB_WEBHOOK_SECRET is not set");
      },
    ];
  }
  const detail = "Cannot accept a webhook now: too many had a wrong signature";
  const options = { standardHeaders: false, skipSuccessfulRequests: true };
  const limit = limitPerMinute(failuresPerMinute, detail, options);
  const receive: Handler = async (request, response) => {
    // The rest of a refused body is not read.
    response.setHeader("Connection", "close");
    const given = Buffer.from(request.get("X-Hub-Signature-256") ?? "");
    const expected = given.length === 71 ? await signatureOf(request, secret) : undefined;
    if (expected === undefined || !timingSafeEqual(given, expected)) {
      throw new HttpError(
        403,
        "Cannot accept this webhook: it is not signed with the shared secret",
      );
    }
    void sync();
    response.status(202).end();
  };
  return [limit, receive];
}

/** Reads the body for its signature. Throws `HttpError` 413 as soon as it is too long, even if `Content-Length` is smaller. */
async function signatureOf(request: Request, secret: string): Promise<Buffer> {
  const hmac = createHmac("sha256", secret);
  let bytes = Number(request.get("Content-Length") ?? 0) > maxBytes ? maxBytes + 1 : 0;
  if (bytes === 0) {
    // Destroying the request would close the connection before the answer.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      if (bytes > maxBytes) break;
      hmac.update(chunk as Buffer);
    }
  }
  if (bytes > maxBytes) throw new HttpError(413, "Cannot accept a webhook of more than 25 MiB");
  return Buffer.from(`sha256=${hmac.digest("hex")}`);
}
