import type { Request } from "express";
import type { Principal } from "../../schema/access/tokens.ts";
import { type Project, rootEnvironment } from "../../schema/project/project.ts";
import { type Handler, principalOf } from "../http/handler.ts";
import { environmentOf } from "../http/path-template.ts";
import { HttpError } from "../http/problem.ts";
import type { Authenticator } from "./authenticator.ts";
import { type Action, isRead, refusal } from "./principal.ts";

/** Refuses a request unless its principal may do this to the flag and the environment of the path. */
export function permit(
  action: Action,
  authenticator: Authenticator,
  project: () => Project,
): Handler {
  return permitIn((request) => environmentOf(project(), request.path), action, authenticator);
}

/** The same for any environment of the principal. The handler checks the environments that the request needs. */
export function permitSomewhere(
  action: Action,
  authenticator: Authenticator,
  project: () => Project,
): Handler {
  return permitIn(
    (_request, { environments }) => environments?.[0] ?? rootEnvironment(project()),
    action,
    authenticator,
  );
}

function permitIn(
  environmentFor: (request: Request, principal: Principal) => string,
  action: Action,
  authenticator: Authenticator,
): Handler {
  return (request, response, next) => {
    const principal = principalOf(response);
    const name = request.params.name === undefined ? undefined : String(request.params.name);
    const reason = refusal(principal, action, environmentFor(request, principal), name);
    if (reason !== undefined) return next(new HttpError(403, reason));
    const problem = isRead(action) ? undefined : authenticator.writeProblem(principal);
    next(
      problem === undefined
        ? undefined
        : new HttpError(503, problem, { kind: "tokens-unreadable" }),
    );
  };
}
