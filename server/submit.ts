import { isUtf8 } from "node:buffer";
import type { Request, Response } from "express";
import type { Change } from "../schema/change.ts";
import { compileIn } from "../schema/compile.ts";
import { etag } from "../schema/release.ts";
import type { Principal } from "../schema/token.ts";
import type { FlagStore } from "../store/flag-store.ts";
import type { WriteResult } from "../store/write.ts";
import { allowsWrite } from "./conditions.ts";
import { idempotencyOf } from "./idempotency.ts";
import type { Fault } from "./problem.ts";
import { findChanged, type SentBack, unchangeable } from "./read-only.ts";
import { refused } from "./refused.ts";
import { environmentOf } from "./routes.ts";

/** Hands a request's change to the store, on the conditions of its headers. Throws where it is refused. */
export async function submit(
  store: FlagStore,
  request: Request,
  response: Response,
  change: Change,
  body: SentBack = {},
): Promise<Extract<WriteResult, { commit: string }>> {
  const principal = response.locals.principal as Principal;
  const environment = environmentOf(request.path);
  let faults: readonly Fault[] = [];
  const writing = store.write({
    change,
    actor: principal,
    reason: textOf(request.get("Change-Reason")),
    requestId: String(response.locals.requestId),
    idempotency: change.kind === "delete" ? undefined : idempotencyOf(request, principal),
    // Asked once it is clear that the request is not one that was answered before.
    isExpected(flag) {
      // What cannot succeed anyway is not for a precondition to refuse (RFC 9110, section 13.2.1).
      if (flag === undefined && change.kind !== "create") return true;
      faults = flag === undefined ? [] : findChanged(body, flag, environment);
      const seen = flag && etag(compileIn(environment, flag));
      const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
      return faults.length === 0 && allowsWrite(ifMatch, ifNoneMatch, seen);
    },
  });
  response.locals.flag = change.name;
  response.locals.writing = writing;
  const result = await writing;
  if ("commit" in result) return result;
  if (faults.length > 0) throw unchangeable(change.name, faults);
  throw refused(change.name, result);
}

/** Node reads headers as Latin-1; whoever writes other letters sends UTF-8. */
function textOf(header = ""): string {
  const bytes = Buffer.from(header, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : header;
}
