/** Responses about proposed changes: the 202 of the write, and the status. */
import type { RequestHandler, Response } from "express";
import type { ProposedChange } from "../../../store/reviews/proposed-change.ts";
import type { PullRequests } from "../../../store/reviews/pull-requests.ts";
import { HttpError } from "../../http/problem.ts";

/** Answers 202: the change waits. */
export function answerProposed(response: Response, change: ProposedChange): void {
  response.setHeader("Location", pathOf(change));
  response.status(202);
  send(response, change);
}

/** `GET /v1/changes/{id}`. `sync` looks for new commits, as a merge that is seen here first may not be served yet. */
export function changeHandler(
  pulls: PullRequests | undefined,
  sync: () => Promise<void>,
): RequestHandler {
  const told = new WeakSet<ProposedChange>();
  return async (request, response) => {
    const id = String(request.params.id);
    const isAdmin = response.locals.principal?.role === "admin";
    const change = /^[1-9]\d{0,8}$/.test(id) ? await pulls?.find(Number(id), isAdmin) : undefined;
    if (!change) throw new HttpError(404, "Cannot find a proposed change of that id");
    if (change.status === "merged" && !told.has(change)) {
      told.add(change);
      void sync();
    }
    send(response, change);
  };
}

function send(response: Response, change: ProposedChange): void {
  response.set("Cache-Control", "private, no-cache");
  response.json(changeBody(change));
}

/** A proposed change in the form of a response. */
export function changeBody(change: ProposedChange) {
  const { id, status, flag, summary, pullRequest: pull_request, commit = null } = change;
  return { id, status, flag, summary, pull_request, url: pathOf(change), commit };
}

function pathOf({ id }: ProposedChange): string {
  return `/v1/changes/${id}`;
}
