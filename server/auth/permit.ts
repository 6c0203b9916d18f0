import type { Request } from "express";
import type { Principal } from "../../schema/access/tokens.ts";
import { type Project, rootEnvironment } from "../../schema/project/project.ts";
import { type Handler, principalOf } from "../http/handler.ts";
import { environmentOf } from "../http/path-template.ts";
import { HttpError } from "../http/problem.ts";
import type { Authenticator } from "./authenticator.ts";
import { type Action, isRead, requirePermission } from "./permissions.ts";

/** The checks of the principal before the handlers of a route. */
export function permissionChecks(authenticator: Authenticator, project: () => Project) {
  const check =
    (environmentFor: (request: Request, principal: Principal) => string) =>
    (action: Action): Handler =>
    (request, response, next) => {
      const principal = principalOf(response);
      const { name } = request.params;
      const environment = environmentFor(request, principal);
      requirePermission(principal, action, environment, name && String(name));
      const problem = isRead(action) ? undefined : authenticator.writeProblem(principal);
      if (problem !== undefined) throw new HttpError(503, problem, { kind: "tokens-unreadable" });
      next();
    };
  return {
    /** Refuses a request unless its principal may do this to the flag and the environment of the path. */
    permit: check((request) => environmentOf(project(), request.path)),
    /** The same for any environment of the principal. The handler checks the environments that the request needs. */
    permitSomewhere: check(
      (_request, { environments }) => environments?.[0] ?? rootEnvironment(project()),
    ),
  };
}
