/** Turns a request into a write, and its outcome into an answer or an error. */
import type { Request } from "express";
import type { Change } from "../../../schema/change/change.ts";
import { compileFlagResponse } from "../../../schema/compile/flag-parts.ts";
import { etag } from "../../../schema/compile/release.ts";
import type { TimedFlag } from "../../../schema/flag/snapshot.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import type { Write } from "../../../store/writes/write.ts";
import { allowsWrite } from "../../http/conditions.ts";
import { type ApiResponse, principalOf } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import type { Committed, WriteOutcome } from "../../http/write-outcome.ts";
import { environmentOf } from "../../openapi/path-template.ts";
import { answerProposed } from "./proposals.ts";
import type { WriteBackends } from "./write-backends.ts";
import { writeError } from "./write-errors.ts";
import { idempotencyOf, isEmergency, publishAllowOf, reasonIn } from "./write-headers.ts";

/**
 * Writes a request's change under the conditions of its headers. Throws `HttpError` if it is refused. If it
 * is proposed for a review, answers so and returns `undefined`.
 */
export async function submit(
  backends: WriteBackends,
  request: Request,
  response: ApiResponse,
  change: Change,
  more: Pick<Partial<Write>, "readOnlyValues" | "environments" | "isExpected"> = {},
): Promise<Committed | undefined> {
  const principal = principalOf(response);
  const { project } = backends.store;
  const environment = environmentOf(project, request.path);
  const allow = publishAllowOf(request, principal, backends);
  const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
  response.locals.flag = change.name;
  const writing = performWrite(backends, {
    change,
    actor: principal,
    reason: reasonIn(request, "Change-Reason") ?? "",
    isEmergency: isEmergency(request, principal, change),
    requestId: response.locals.requestId,
    idempotency: idempotencyOf(request, principal),
    isExpected(known) {
      const current = known && etag(compileFlagResponse(project, environment, known.flag));
      return allowsWrite(ifMatch, ifNoneMatch, current);
    },
    ...more,
  });
  response.locals.writing = writing;
  const result = await writing;
  if (result.status === "proposed") {
    answerProposed(response, result.change);
    return undefined;
  }
  if (!("commit" in result)) throw writeError(change.name, result);
  response.setHeader("Bunting-Commit", result.commit);
  reportPublication(backends, response, change.name, allow);
  return result;
}

/** The flag at the commit of its write. Throws `HttpError` 404 if a later write deleted it. */
export async function flagAfter(
  store: FlagStore,
  name: string,
  { commit, flag }: Committed,
): Promise<TimedFlag> {
  const found = flag ?? (await store.flagAt(commit, name));
  if (!found) throw new HttpError(404, `Cannot find the flag "${name}" at ${commit}`);
  return found;
}

/** Publishes the change if the request allows that; otherwise adds a header if the change waits for a permission. */
function reportPublication(
  { store, publisher }: WriteBackends,
  response: ApiResponse,
  flag: string,
  allow: string | undefined,
): void {
  if (allow !== undefined) {
    publisher?.allow(allow);
    void store.acceptRemovals();
  }
  const reason = store.current && publisher?.whyWaiting(store.current, flag);
  if (reason !== undefined) response.setHeader("Publish-Waiting", reason);
}

async function performWrite(
  { store, pulls, reviews }: WriteBackends,
  write: Write,
): Promise<WriteOutcome> {
  const result = await store.write(write);
  if (result.status === "committed" && result.bypassedEnvironments) reviews?.check();
  if (result.status !== "protected" || !pulls) return result;
  return { status: "proposed", change: await pulls.propose(result.proposal) };
}
