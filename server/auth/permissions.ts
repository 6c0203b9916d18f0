/** Permissions of a principal. */
import { type Principal, type Role, roles } from "../../schema/access/tokens.ts";
import { HttpError } from "../http/problem.ts";

/** `read private` is for the rules of private flags. */
export type Action = "read" | "read private" | "create" | "update" | "delete";

/** Whether an action changes nothing: it is allowed for all flags, and while the tokens file is broken. */
export function isRead(action: Action): boolean {
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

/** Whether a principal may read in an environment. */
export function mayRead(principal: Principal, environment: string): boolean {
  return refusal(principal, "read", environment) === undefined;
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
  if (principal.environments && !principal.environments.includes(environment)) {
    return `Cannot ${action} flags in ${environment}: this token is for ${principal.environments.join(", ")}`;
  }
  if (isRead(action) || !principal.flags || name === undefined) return undefined;
  if (principal.flags.some((pattern) => matches(pattern, name))) return undefined;
  return `Cannot ${action} "${name}": this token is for ${principal.flags.join(", ")}`;
}

/** `*` matches any characters. */
function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*");
  if (parts.length === 1) return pattern === name;
  const [first = "", last = ""] = [parts[0], parts.at(-1)];
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    at = name.indexOf(part, at);
    if (at === -1) return false;
    at += part.length;
  }
  return at <= name.length - last.length;
}
