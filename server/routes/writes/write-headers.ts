/** The request headers of a write. */
import { isUtf8 } from "node:buffer";
import { hash } from "node:crypto";
import type { Request } from "express";
import type { Principal } from "../../../schema/access/tokens.ts";
import type { Change } from "../../../schema/change/change.ts";
import { isReason, minReasonLength } from "../../../schema/change/emergency-change.ts";
import { findSensitiveData } from "../../../schema/text/personal-data.ts";
import type { Handler } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import type { WriteBackends } from "./write-backends.ts";

/** The headers whose text is kept: in git, in the manifest of a publication, in logs. */
type ReasonHeader = "Change-Reason" | "Publish-Allow";

/** Refuses a reason with personal data or credentials: it is kept, and every reader sees it. */
export const checkReasons: Handler = (request, _response, next) => {
  for (const header of ["Change-Reason", "Publish-Allow"] as const) {
    const found = findSensitiveData(reasonIn(request, header) ?? "").map(({ what }) => what);
    if (found.length === 0) continue;
    const what = [...new Set(found)].join(" and ");
    const detail = `Cannot keep the ${header}: it has ${what} in it; name the team or the ticket instead`;
    throw refuse("forbidden-text", detail);
  }
  next();
};

/** The text of a header. Node reads headers as Latin-1; clients that send other letters send UTF-8. */
export function reasonIn(request: Request, header: ReasonHeader): string | undefined {
  const text = request.get(header);
  const bytes = Buffer.from(text ?? "", "latin1");
  return isUtf8(bytes) ? text && bytes.toString("utf8") : text;
}

/** Whether a request wants to disable a flag without a review (`Break-Glass: true`). Throws `HttpError` if it may not. */
export function isEmergency(request: Request, principal: Principal, change: Change): boolean {
  const header = request.get("Break-Glass");
  if (header === undefined) return false;
  requireAdmin(principal, "use Break-Glass");
  const kind = "break-glass";
  if (header !== "true")
    throw refuse(kind, 'Cannot read Break-Glass: it must be "true", or missing');
  // The effect of a definition depends on the flag at that time, so the store checks it.
  const mayDisable =
    change.kind === "define" || (change.kind === "update" && change.enabled === false);
  if (!mayDisable) {
    const what = `this change of "${change.name}"`;
    throw refuse(kind, `Cannot use Break-Glass for ${what}: it may only disable`);
  }
  requireReason(request, "Change-Reason", "use Break-Glass", kind);
  return true;
}

/**
 * The reason in `Publish-Allow`, with which a write serves and publishes all changes that exceed a limit;
 * `undefined` without the header. Throws if the principal may not do that, or if the server does not publish.
 */
export function publishAllowOf(
  request: Request,
  principal: Principal,
  { publisher, store }: WriteBackends,
): string | undefined {
  if (request.get("Publish-Allow") === undefined) return undefined;
  const kind = "publish-allow";
  requireAdmin(principal, "allow a publication");
  if (!publisher && store.health.heldBack === undefined) {
    const found = "this server holds nothing back and does not publish (FLAGS_PUBLISH)";
    throw refuse(kind, `Cannot allow a publication: ${found}`);
  }
  return requireReason(request, "Publish-Allow", "allow a publication", kind);
}

function requireAdmin({ role }: Principal, what: string): void {
  if (role === "admin") return;
  throw new HttpError(403, `Cannot ${what} as ${role}: it needs the role admin`);
}

function requireReason(request: Request, header: ReasonHeader, what: string, kind: string): string {
  const reason = reasonIn(request, header)?.trim() ?? "";
  if (isReason(reason)) return reason;
  const wanted = `${header} must have at least ${minReasonLength} characters`;
  throw refuse(kind, `Cannot ${what} without a reason: ${wanted}`);
}

function refuse(kind: string, detail: string): HttpError {
  return new HttpError(400, detail, { kind });
}

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
    const detail = "Cannot use this Idempotency-Key: it must be 1 to 255 visible characters";
    throw new HttpError(400, detail);
  }
  const body: unknown = request.body;
  const content = Buffer.isBuffer(body) ? body.toString("utf8") : "";
  return {
    key: hash("sha256", `${principal.id}\n${header}`),
    fingerprint: hash("sha256", `${request.method} ${request.path}\n${content}`),
  };
}
