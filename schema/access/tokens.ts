/** API tokens: who may use the API, and in which role. A token itself is not stored anywhere. */
import { hash } from "node:crypto";

/** In ascending order: read; also create and update; also delete. */
export const roles = ["reader", "editor", "admin"] as const;
export type Role = (typeof roles)[number];

export interface Principal {
  /** Unique. For a JSON web token: the issuer and the subject. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  /** Patterns of the flags that it may write (`billing_*`); missing: all. */
  readonly flags?: readonly string[] | undefined;
  /** The environments that it may read and write; missing: all. */
  readonly environments?: readonly string[] | undefined;
  /** The login on GitHub of the person who uses the token. */
  readonly github?: string | undefined;
  /** The issuer that vouches for it, for a JSON web token; missing for an entry of the tokens file. */
  readonly issuer?: string | undefined;
}

/** An entry of the tokens file. */
export interface TokenEntry extends Omit<Principal, "issuer"> {
  /** SHA-256 of the whole token, in lower-case hex. */
  readonly sha256: string;
  /** The day from which it is refused, `YYYY-MM-DD`. */
  readonly expires?: string | undefined;
}

/** A new token and its entry. `random` must have at least 16 bytes that nobody else has. */
export function tokenEntry(
  random: Uint8Array,
  principal: Principal & { readonly expires?: string | undefined },
): { readonly token: string; readonly entry: TokenEntry } {
  const token = `bnt_${Buffer.from(random).toString("base64url")}`;
  const { id, name, email, role, flags, environments, github, expires } = principal;
  const sha256 = hash("sha256", token);
  return { token, entry: { id, name, email, role, sha256, flags, environments, github, expires } };
}
