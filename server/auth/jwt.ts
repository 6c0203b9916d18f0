import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from "jose";
import { type Role, roles } from "../../schema/access/tokens.ts";
import type { Verified } from "./authenticator.ts";

export interface Oidc {
  readonly issuer: string;
  readonly audience: string;
  /** The claim that names the role. */
  readonly roleClaim: string;
}

/** RSA signatures only: one family, so that a key cannot be taken for a secret of another. */
const algorithms = ["RS256", "RS384", "RS512"];
/** A token that is longer is not looked at. */
const maximumLength = 8_192;

/** Accepts JSON web tokens of one issuer, checked against the keys that it publishes. */
export class JwtVerifier {
  readonly #oidc: Oidc;
  #keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(oidc: Oidc) {
    this.#oidc = oidc;
  }

  /** Who the token is for, and until when; nothing where it is not good. */
  async verify(token: string): Promise<Verified | undefined> {
    if (token.length > maximumLength) return undefined;
    const { issuer, audience, roleClaim } = this.#oidc;
    try {
      // One search for all who wait for it; a failed one is forgotten.
      this.#keys ??= this.#findKeys().catch((error) => {
        this.#keys = undefined;
        throw error;
      });
      const keys = await this.#keys;
      const required = ["exp", "sub"];
      const options = { issuer, audience, algorithms, requiredClaims: required, clockTolerance: 5 };
      const { payload } = await jwtVerify(token, keys, options);
      const role = payload[roleClaim];
      if (!roles.includes(role as Role)) return undefined;
      const id = String(payload.sub);
      const name = text(payload.name) ?? id;
      const email = text(payload.email) ?? "unknown@bunting.example";
      const principal = { id, name, email, role: role as Role };
      return { principal, until: (payload.exp ?? 0) * 1_000 };
    } catch {
      return undefined;
    }
  }

  /** By the issuer's own description of itself (OpenID Connect Discovery). */
  async #findKeys(): Promise<JWTVerifyGetKey> {
    const base = this.#oidc.issuer.replace(/\/$/, "");
    const signal = AbortSignal.timeout(5_000);
    const answer = await fetch(`${base}/.well-known/openid-configuration`, { signal });
    const { jwks_uri } = (await answer.json()) as { jwks_uri: string };
    return createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: 5_000 });
  }
}

function text(claim: unknown): string | undefined {
  return typeof claim === "string" && claim !== "" ? claim : undefined;
}
