import type { Principal } from "../schema/token.ts";
import type { JwtVerifier } from "./jwt.ts";
import type { Tokens } from "./tokens.ts";

const cacheSize = 1_000;

/** Tells who asks, from the `Authorization` header. */
export class Authenticator {
  readonly #tokens: Tokens;
  readonly #jwt: JwtVerifier | undefined;
  readonly #verified = new Map<string, { principal: Principal; until: number }>();

  constructor(tokens: Tokens, jwt: JwtVerifier | undefined) {
    this.#tokens = tokens;
    this.#jwt = jwt;
  }

  /** At once, where that is possible: a token of the file, or one that was verified before. */
  recognize(header: string | undefined): Principal | undefined {
    const token = bearer(header);
    if (token === undefined) return undefined;
    const verified = this.#verified.get(token);
    if (verified && verified.until > Date.now()) return verified.principal;
    return this.#tokens.verify(token);
  }

  async authenticate(header: string | undefined): Promise<Principal | undefined> {
    const known = this.recognize(header);
    const token = bearer(header);
    if (known || token === undefined || !this.#jwt || token.split(".").length !== 3) return known;
    const verified = await this.#jwt.verify(token);
    if (!verified) return undefined;
    if (this.#verified.size >= cacheSize) this.#verified.clear();
    this.#verified.set(token, verified);
    return verified.principal;
  }
}

/** RFC 6750: the scheme in any case, one space, the token. */
function bearer(header: string | undefined): string | undefined {
  const [, token] = /^bearer ([\w.~+/-]+=*)$/i.exec(header ?? "") ?? [];
  return token;
}
