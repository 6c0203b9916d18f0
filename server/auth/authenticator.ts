import type { Principal } from "../../schema/access/tokens.ts";
import type { JwtVerifier } from "./jwt.ts";
import type { Tokens } from "./tokens.ts";

const cacheSize = 1_000;

/** Somebody whose token is good until some time, in milliseconds since 1970. */
export interface Verified {
  readonly principal: Principal;
  readonly until: number;
}

/** Tells who asks, from the `Authorization` header. */
export class Authenticator {
  readonly #tokens: Tokens;
  readonly #jwt: JwtVerifier | undefined;
  /** By header, and good only for the tokens file of this version. */
  #recognized = new Map<string, Verified>();
  #version = "";
  readonly #verified = new Map<string, Verified>();

  constructor(tokens: Tokens, jwt: JwtVerifier | undefined) {
    this.#tokens = tokens;
    this.#jwt = jwt;
  }

  /** At once, where that is possible: a token of the file, or one that was verified before. */
  recognize(header: string | undefined): Principal | undefined {
    if (header === undefined) return undefined;
    const now = Date.now();
    const version = this.#tokens.version(now);
    if (version !== this.#version) {
      this.#version = version;
      this.#recognized.clear();
    }
    const known = this.#recognized.get(header) ?? this.#recognizeAnew(header);
    return known !== undefined && now < known.until ? known.principal : undefined;
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

  #recognizeAnew(header: string): Verified | undefined {
    const token = bearer(header);
    if (token === undefined) return undefined;
    const verified = this.#verified.get(token) ?? this.#tokens.verify(token);
    if (!verified) return undefined;
    if (this.#recognized.size >= cacheSize) this.#recognized.clear();
    this.#recognized.set(header, verified);
    return verified;
  }
}

/** RFC 6750: the scheme in any case, one space, the token. */
function bearer(header: string | undefined): string | undefined {
  const [, token] = /^bearer ([\w.~+/-]+=*)$/i.exec(header ?? "") ?? [];
  return token;
}
