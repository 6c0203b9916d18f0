import type { Project } from "../../schema/project/project.ts";
import { type Handler, principalOf } from "../http/handler.ts";
import { HttpError } from "../http/problem.ts";
import { environmentOf } from "../http/routes.ts";
import type { Authenticator } from "./authenticator.ts";
import { type Action, isRead, refusal } from "./principal.ts";

/** Lets a request through if its principal may do this to the flag and the environment of the path. */
export function permit(
  action: Action,
  authenticator: Authenticator,
  project: () => Project,
): Handler {
  return (request, response, next) => {
    const principal = principalOf(response);
    const name = request.params.name === undefined ? undefined : String(request.params.name);
    const reason = refusal(principal, action, environmentOf(project(), request.path), name);
    if (reason !== undefined) return next(new HttpError(403, reason));
    const problem = isRead(action) ? undefined : authenticator.writeProblem(principal);
    next(
      problem === undefined
        ? undefined
        : new HttpError(503, problem, { kind: "tokens-unreadable" }),
    );
  };
}
