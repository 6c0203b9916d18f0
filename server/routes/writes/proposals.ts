/** Responses about proposals: the 202 of the write, and the status. */
import type { Response } from "express";
import type { Principal } from "../../../schema/access/tokens.ts";
import { privateCacheControl } from "../../../schema/compile/outputs.ts";
import type { ProposedChange } from "../../../store/reviews/proposed-change.ts";
import type { PullRequests } from "../../../store/reviews/pull-requests.ts";
import { type Handler, principalOf } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";

/** Answers 202: the change waits. */
export function answerProposed(response: Response, change: ProposedChange): void {
  response.setHeader("Location", pathOf(change));
  response.status(202);
  send(response, change);
}

/** `GET /v1/changes/{id}`. `sync` fetches new commits: this may be the first sign of a merge. */
export function changeHandler(pulls: PullRequests | undefined, sync: () => Promise<void>): Handler {
  const synced = new WeakSet<ProposedChange>();
  return async (request, response) => {
    const id = String(request.params.id);
    const isAdmin = principalOf(response).role === "admin";
    const change = /^[1-9]\d{0,8}$/.test(id) ? await pulls?.find(Number(id), isAdmin) : undefined;
    if (!change || !maySee(principalOf(response), change))
      throw new HttpError(404, "Cannot find a proposal of that id");
    if (change.status === "merged" && !synced.has(change)) {
      synced.add(change);
      void sync();
    }
    send(response, change);
  };
}

/** Whether a principal may read something about an environment in which the change shows. */
export function maySee({ environments }: Principal, change: ProposedChange): boolean {
  return environments?.some((one) => change.environments.includes(one)) ?? true;
}

function send(response: Response, change: ProposedChange): void {
  response.set("Cache-Control", privateCacheControl);
  response.json(changeBody(change));
}

/** A proposal as a response. */
export function changeBody(change: ProposedChange) {
  const { id, status, flag, summary, pullRequest: pull_request, commit = null } = change;
  return { id, status, flag, summary, pull_request, url: pathOf(change), commit };
}

function pathOf({ id }: ProposedChange): string {
  return `/v1/changes/${id}`;
}
