import type { Request } from "express";
import type { Principal } from "../../../schema/access/tokens.ts";
import { isReason, minReasonLength } from "../../../schema/change/emergency-change.ts";
import { HttpError } from "../../http/problem.ts";
import type { WriteBackends } from "./write-backends.ts";

/**
 * The reason in `Publish-Allow`, with which a write serves and publishes all changes that exceed a limit;
 * `undefined` without the header. Throws if the principal may not do that, or if the server does not publish.
 */
export function publishAllowOf(
  request: Request,
  principal: Principal,
  { publisher, store }: Pick<WriteBackends, "publisher" | "store">,
): string | undefined {
  const reason = request.get("Publish-Allow")?.trim();
  if (reason === undefined) return undefined;
  if (principal.role !== "admin") {
    const detail = `Cannot allow a publication as ${principal.role}: it needs the role admin`;
    throw new HttpError(403, detail);
  }
  if (!publisher && store.health.heldBack === undefined) {
    const detail =
      "Cannot allow a publication: this server holds nothing back and does not publish (FLAGS_PUBLISH)";
    throw new HttpError(400, detail, { kind: "publish-allow" });
  }
  if (!isReason(reason)) {
    const wanted = `Publish-Allow must have at least ${minReasonLength} characters`;
    throw new HttpError(400, `Cannot allow a publication without a reason: ${wanted}`, {
      kind: "publish-allow",
    });
  }
  return reason;
}
