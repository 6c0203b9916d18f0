import type { Request } from "express";
import type { Principal } from "../../../schema/access/tokens.ts";
import type { Change } from "../../../schema/change/change.ts";
import { isReason, shortestReason } from "../../../schema/change/emergency-change.ts";
import { HttpError } from "../../http/problem.ts";

/** Whether a request asks to disable a flag without a review. Throws where it may not ask for that. */
export function isEmergency(
  request: Request,
  principal: Principal,
  change: Change,
  reason: string,
): boolean {
  const header = request.get("Break-Glass");
  if (header === undefined) return false;
  if (principal.role !== "admin") {
    const detail = `Cannot break the glass as ${principal.role}: it takes the role admin`;
    throw new HttpError(403, detail);
  }
  if (header !== "true") throw refuse('Cannot read Break-Glass: it must be "true", or missing');
  if (change.kind !== "update" || change.enabled !== false)
    throw refuse(`Cannot break the glass for this change of "${change.name}": it may only disable`);
  if (!isReason(reason)) {
    const wanted = `Change-Reason must have at least ${shortestReason} characters`;
    throw refuse(`Cannot break the glass without a reason: ${wanted}`);
  }
  return true;
}

function refuse(detail: string): HttpError {
  return new HttpError(400, detail, { kind: "break-glass" });
}
