import { isUtf8 } from "node:buffer";
import type { Request, Response } from "express";
import type { Principal } from "../../../schema/access/tokens.ts";
import type { Change } from "../../../schema/change/change.ts";
import { compileFlagResponse } from "../../../schema/compile/compile.ts";
import { etag } from "../../../schema/compile/release.ts";
import { rootEnvironment } from "../../../schema/project/project.ts";
import type { Write } from "../../../store/writes/write.ts";
import { allowsWrite } from "../../http/conditions.ts";
import type { Fault } from "../../http/problem.ts";
import { environmentOf } from "../../http/routes.ts";
import { isEmergency } from "./emergency.ts";
import { idempotencyOf } from "./idempotency.ts";
import type { Granted, Outcome } from "./outcome.ts";
import { publishAllowOf } from "./publish-allow.ts";
import { findChanged, type SentBack, unchangeable } from "./read-only.ts";
import type { WriteBackends } from "./write-backends.ts";
import { writeError } from "./write-errors.ts";

/** Hands a request's change to the store, on the conditions of its headers. Throws where it is refused. */
export async function submit(
  places: WriteBackends,
  request: Request,
  response: Response,
  change: Change,
  body: SentBack = {},
): Promise<Granted> {
  const principal = response.locals.principal as Principal;
  const { project } = places.store;
  const environment = environmentOf(project, request.path);
  const isRoot = environment === rootEnvironment(project);
  const reason = textOf(request.get("Change-Reason"));
  const allow = publishAllowOf(request, principal, places.publisher);
  response.locals.flag = change.name;
  let faults: readonly Fault[] = [];
  const writing = performWrite(places, {
    change,
    actor: principal,
    reason,
    isEmergency: isEmergency(request, principal, change, reason),
    requestId: String(response.locals.requestId),
    idempotency: change.kind === "delete" ? undefined : idempotencyOf(request, principal),
    // Asked once it is clear that the request is not one that was answered before.
    isExpected(flag) {
      // What cannot succeed anyway is not for a precondition to refuse (RFC 9110, section 13.2.1).
      if (flag === undefined && change.kind !== "create") return true;
      faults = flag === undefined ? [] : findChanged(body, flag, isRoot);
      const seen = flag && etag(compileFlagResponse(project, environment, flag));
      const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
      return faults.length === 0 && allowsWrite(ifMatch, ifNoneMatch, seen);
    },
  });
  response.locals.writing = writing;
  const result = await writing;
  if ("commit" in result) reportPublication(places, response, change.name, allow);
  if (result.status === "proposed" || "commit" in result) return result;
  if (faults.length > 0) throw unchangeable(change.name, faults);
  throw writeError(change.name, result);
}

/** Tells the client if the change is not going to be published by itself, or publishes it. */
function reportPublication(
  { store, publisher }: WriteBackends,
  response: Response,
  flag: string,
  allow: string | undefined,
): void {
  if (allow !== undefined) publisher?.allow(allow);
  const reason = store.current && publisher?.whyWaiting(store.current, flag);
  if (reason !== undefined) response.setHeader("Publish-Waiting", reason);
}

async function performWrite(
  { store, pulls, reviews }: WriteBackends,
  write: Write,
): Promise<Outcome> {
  const result = await store.write(write);
  if (result.status === "committed" && result.bypassedEnvironments) reviews?.look();
  if (result.status !== "protected" || !pulls) return result;
  return { status: "proposed", change: await pulls.propose(result.proposal) };
}

/** Node reads headers as Latin-1; whoever writes other letters sends UTF-8. */
function textOf(header = ""): string {
  const bytes = Buffer.from(header, "latin1");
  return isUtf8(bytes) ? bytes.toString("utf8") : header;
}
