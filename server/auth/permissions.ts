/** Permissions of a principal. */
import type { Request } from "express";
import { type Principal, type Role, roles } from "../../schema/access/tokens.ts";
import { type Project, rootEnvironment } from "../../schema/project/project.ts";
import { type Handler, principalOf } from "../http/handler.ts";
import { HttpError } from "../http/problem.ts";
import { environmentOf } from "../openapi/path-template.ts";
import type { Authenticator } from "./authenticator.ts";

/** `read private` is for the rules of private flags. */
export type Action = "read" | "read private" | "create" | "update" | "delete";

/** Whether an action changes nothing: it is allowed for all flags, and while the tokens file is broken. */
function isRead(action: Action): boolean {
  return action === "read" || action === "read private";
}

/** The lowest role for each action. */
const minRoles: Readonly<Record<Action, Role>> = {
  read: "reader",
  "read private": "editor",
  create: "editor",
  update: "editor",
  delete: "admin",
};

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

/** Whether a principal may read in an environment. Every role may. */
export function mayRead({ environments }: Principal, environment: string): boolean {
  return environments === undefined || environments.includes(environment);
}

/** Throws `HttpError` 403 if a principal may not do this. */
export function requirePermission(
  principal: Principal,
  action: Action,
  environment: string,
  name?: string,
): void {
  const reason = refusal(principal, action, environment, name);
  if (reason !== undefined) throw new HttpError(403, reason);
}

/** Why a principal may not do this; `undefined` if it may. */
function refusal(
  principal: Principal,
  action: Action,
  environment: string,
  name?: string,
): string | undefined {
  const wanted = minRoles[action];
  if (roles.indexOf(principal.role) < roles.indexOf(wanted)) {
    return `Cannot ${action} flags as ${principal.role}: it takes the role ${wanted}`;
  }
  if (!mayRead(principal, environment)) {
    return `Cannot ${action} flags in ${environment}: this token is for ${principal.environments?.join(", ")}`;
  }
  if (isRead(action) || !principal.flags || name === undefined) return undefined;
  if (principal.flags.some((pattern) => matches(pattern, name))) return undefined;
  return `Cannot ${action} "${name}": this token is for ${principal.flags.join(", ")}`;
}

/** `*` matches any characters. Each part is found as far left as possible, the last one at the end. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*");
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const found = isLast ? name.lastIndexOf(part) : name.indexOf(part, at);
    if (found < at || (index === 0 && found > 0)) return false;
    at = found + part.length;
  }
  return at === name.length;
}
