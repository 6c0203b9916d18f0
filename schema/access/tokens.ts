/** The tokens file: who may use the API, and as what. The tokens themselves are nowhere. */
import { hash } from "node:crypto";
import { isDate } from "../text/date.ts";

/** Each may do what those before it may: read; create and update; delete. */
export const roles = ["reader", "editor", "admin"] as const;
export type Role = (typeof roles)[number];

export interface Principal {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  /** Patterns of the flags that it may write (`billing_*`); missing: all. */
  readonly flags?: readonly string[] | undefined;
  /** The environments that it may read and write; missing: all. */
  readonly environments?: readonly string[] | undefined;
}

/** An entry of the file. */
export interface TokenEntry extends Principal {
  /** Of the whole token, in lower-case hex. */
  readonly sha256: string;
  /** A day, `YYYY-MM-DD`, from which it is refused. */
  readonly expires?: string | undefined;
}

/** The entry for a new token, made of `random`: at least 128 bits that nobody else has. */
export function tokenEntry(
  random: Uint8Array,
  principal: Principal & { readonly expires?: string | undefined },
): { readonly token: string; readonly entry: TokenEntry } {
  const token = `bnt_${Buffer.from(random).toString("base64url")}`;
  const { id, name, email, role, flags, environments, expires } = principal;
  const sha256 = hash("sha256", token);
  return { token, entry: { id, name, email, role, sha256, flags, environments, expires } };
}

/** The entries of a tokens file. Throws where one is not as it should be; `file` is for the message. */
export function parseTokens(text: string, file: string): TokenEntry[] {
  const entries: unknown = JSON.parse(text);
  if (!Array.isArray(entries)) throw new Error(`Cannot read "${file}": it must be a JSON array`);
  return entries.map((entry: TokenEntry, index) => {
    const fault = findFault(entry ?? {});
    if (fault === undefined) return entry;
    throw new Error(`Cannot read token ${index + 1} of "${file}": ${fault}`);
  });
}

function findFault(entry: TokenEntry): string | undefined {
  for (const key of ["id", "name", "email"] as const) {
    if (typeof entry[key] !== "string" || entry[key] === "") return `"${key}" must be text`;
  }
  if (!roles.includes(entry.role)) return `"role" must be one of ${roles.join(", ")}`;
  if (!/^[0-9a-f]{64}$/.test(entry.sha256)) return '"sha256" must be 64 lower-case hex digits';
  for (const key of ["flags", "environments"] as const) {
    const list: unknown = entry[key];
    if (
      list !== undefined &&
      !(Array.isArray(list) && list.every((one) => typeof one === "string"))
    ) {
      return `"${key}" must be a list of texts`;
    }
  }
  if (entry.expires !== undefined && !isDate(entry.expires))
    return '"expires" must be a day as YYYY-MM-DD';
  return undefined;
}
