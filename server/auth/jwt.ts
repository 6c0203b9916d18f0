import type { JWTPayload } from "jose";
import { type Principal, type Role, roles } from "../../schema/access/tokens.ts";
import { IssuerUnavailableError, SigningKeys } from "./signing-keys.ts";
import type { VerifiedPrincipal } from "./tokens.ts";

export interface Oidc {
  readonly issuer: string;
  readonly audience: string;
  /** The claim with the role, or with a list of roles; a path for a nested claim (`realm_access.roles`). */
  readonly roleClaim: string;
}

/** Why a token is not accepted: for the log, never for the client. */
export interface RefusedToken {
  readonly refused: string;
}

/** Signatures with a public key. No HMAC: a public key must never be used as a shared secret. */
const algorithms = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
/** Other types are not access tokens: a logout token, a security event, a proof of possession. */
const types = [undefined, "jwt", "at+jwt", "application/at+jwt"];
/** Longer tokens are refused unread. */
const maxLength = 8_192;
/** Allowed difference between the clocks of the issuer and of this server. */
const clockToleranceSeconds = 60;
/** A verified token is verified again after this time, so that a withdrawn key is no longer accepted. */
const cacheMs = 300_000;

/** Accepts JSON web tokens of one issuer, checked against its public keys. Loads `jose` at the first token. */
export class JwtVerifier {
  readonly #oidc: Oidc;
  readonly #keys: SigningKeys;

  /** `onProblem` is called if the issuer's keys cannot be read. */
  constructor(oidc: Oidc, onProblem: (problem: string) => void) {
    this.#oidc = oidc;
    this.#keys = new SigningKeys(oidc.issuer, onProblem);
  }

  /** Why the issuer's keys could not be read the last time; `undefined` if they could. */
  get problem(): string | undefined {
    return this.#keys.problem;
  }

  /** Throws `IssuerUnavailableError` if the keys that the token needs cannot be read now. */
  async verify(token: string): Promise<VerifiedPrincipal | RefusedToken> {
    const { errors, jwtVerify } = await import("jose");
    const { issuer, audience } = this.#oidc;
    const required = { issuer, audience, algorithms, requiredClaims: ["exp", "sub"] };
    const options = { ...required, clockTolerance: clockToleranceSeconds };
    try {
      const error = await errorBeforeSignature(token, issuer);
      if (error !== undefined) return { refused: error };
      const { payload } = await this.#keys.verifyWith((keys) => jwtVerify(token, keys, options));
      return this.#principalOf(payload);
    } catch (error) {
      if (error instanceof IssuerUnavailableError) throw error;
      if (error instanceof errors.JOSEError) return { refused: error.message };
      return { refused: "the token is not a JSON web token" };
    }
  }

  #principalOf(payload: JWTPayload): VerifiedPrincipal | RefusedToken {
    const { issuer, roleClaim } = this.#oidc;
    const { sub, exp = 0 } = payload;
    if (typeof sub !== "string" || !/^[\x20-\x7e]{1,255}$/.test(sub))
      return { refused: 'the claim "sub" must be text of 1 to 255 ASCII characters' };
    const role = roleIn(payload, roleClaim);
    if (role === undefined)
      return { refused: `the claim "${roleClaim}" of "${sub}" names no role of Bunting` };
    const isVerified = payload.email_verified !== false;
    const principal: Principal = {
      id: `${issuer}#${sub}`,
      name: text(payload.name) ?? sub,
      email: (isVerified ? text(payload.email) : undefined) ?? "unknown@bunting.example",
      role,
      issuer,
    };
    const untilMs = Math.min((exp + clockToleranceSeconds) * 1_000, Date.now() + cacheMs);
    return { principal, untilMs };
  }
}

/** Refuses tokens that need no key to check, so that only tokens with the issuer's name cause a request to it. */
async function errorBeforeSignature(token: string, issuer: string): Promise<string | undefined> {
  if (token.length > maxLength) return `the token has more than ${maxLength} characters`;
  const { decodeJwt, decodeProtectedHeader } = await import("jose");
  const { alg = "", typ } = decodeProtectedHeader(token);
  if (!algorithms.includes(alg)) return `the algorithm "${alg}" is not accepted`;
  if (!types.includes(typ?.toLowerCase()))
    return `a token of the type "${typ}" is not an access token`;
  const { iss } = decodeJwt(token);
  return iss === issuer ? undefined : `the issuer is "${iss}", not "${issuer}"`;
}

function text(claim: unknown): string | undefined {
  return typeof claim === "string" && claim !== "" ? claim : undefined;
}

/**
 * The highest role that a claim names: the claim is a role, or a list with roles and other values.
 * `claim` is the claim's own name, or a path of names with dots (`realm_access.roles`).
 */
function roleIn(payload: Readonly<Record<string, unknown>>, claim: string): Role | undefined {
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
