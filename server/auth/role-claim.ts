import { type Role, roles } from "../../schema/access/tokens.ts";

/**
 * The highest role that a claim names: the claim is a role, or a list with roles and other values.
 * `claim` is the claim's own name, or a path of names with dots (`realm_access.roles`).
 */
export function roleIn(
  payload: Readonly<Record<string, unknown>>,
  claim: string,
): Role | undefined {
  const value = claimAt(payload, claim);
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return roles.findLast((role) => values.includes(role));
}

/** A name that has dots itself (`https://example.com/role`) comes before a path. */
function claimAt(payload: Readonly<Record<string, unknown>>, claim: string): unknown {
  if (Object.hasOwn(payload, claim)) return payload[claim];
  return claim.split(".").reduce<unknown>((value, name) => {
    const isObject = typeof value === "object" && value !== null && Object.hasOwn(value, name);
    return isObject ? (value as Record<string, unknown>)[name] : undefined;
  }, payload);
}
