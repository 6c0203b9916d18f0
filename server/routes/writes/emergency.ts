import type { Request } from "express";
import type { Principal } from "../../../schema/access/tokens.ts";
import type { Change } from "../../../schema/change/change.ts";
import { isReason, minReasonLength } from "../../../schema/change/emergency-change.ts";
import { HttpError } from "../../http/problem.ts";

/** Whether a request wants to disable a flag without a review (`Break-Glass: true`). Throws `HttpError` if it may not. */
export function isEmergency(
  request: Request,
  principal: Principal,
  change: Change,
  reason: string,
): boolean {
  const header = request.get("Break-Glass");
  if (header === undefined) return false;
  if (principal.role !== "admin") {
    const detail = `Cannot use Break-Glass as ${principal.role}: it needs the role admin`;
    throw new HttpError(403, detail);
  }
  if (header !== "true") throw refuse('Cannot read Break-Glass: it must be "true", or missing');
  // The effect of a definition depends on the flag at that time, so the store checks it.
  const mayDisable =
    change.kind === "define" || (change.kind === "update" && change.enabled === false);
  if (!mayDisable)
    throw refuse(`Cannot use Break-Glass for this change of "${change.name}": it may only disable`);
  if (!isReason(reason)) {
    const wanted = `Change-Reason must have at least ${minReasonLength} characters`;
    throw refuse(`Cannot use Break-Glass without a reason: ${wanted}`);
  }
  return true;
}

function refuse(detail: string): HttpError {
  return new HttpError(400, detail, { kind: "break-glass" });
}
