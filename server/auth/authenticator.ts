import { LRUCache } from "lru-cache";
import type { Principal } from "../../schema/access/tokens.ts";
import type { JwtVerifier, RefusedToken } from "./jwt.ts";
import type { Tokens, VerifiedPrincipal } from "./tokens.ts";

const cacheSize = 1_000;

/** Finds the principal of a request's `Authorization` header. */
export class Authenticator {
  readonly #tokens: Tokens | undefined;
  readonly #jwt: JwtVerifier | undefined;
  /** By header. Valid only for the tokens file of this version. */
  readonly #known = new LRUCache<string, VerifiedPrincipal>({ max: cacheSize });
  #version = "";

  constructor(tokens: Tokens | undefined, jwt: JwtVerifier | undefined) {
    this.#tokens = tokens;
    this.#jwt = jwt;
  }

  /** Problems with the tokens file or the issuer, for people who operate the server. */
  get problems(): readonly string[] {
    return [this.#tokens?.problem, this.#jwt?.problem].filter((problem) => problem !== undefined);
  }

  /** Why this principal may not write now, although its token is known. */
  writeProblem({ issuer }: Principal): string | undefined {
    if (issuer !== undefined || this.#tokens?.problem === undefined) return undefined;
    return "Cannot write: the tokens file cannot be read, so this token may have been revoked; try again when the file is corrected";
  }

  /** Synchronous: knows tokens of the file, and JSON web tokens that were verified before. */
  recognize(header: string | undefined): Principal | undefined {
    if (header === undefined) return undefined;
    const nowMs = Date.now();
    this.#forgetIfFileChanged(nowMs);
    const verified = this.#known.get(header) ?? this.#verifyByFile(header);
    return verified !== undefined && nowMs < verified.untilMs ? verified.principal : undefined;
  }

  /** Throws `IssuerUnavailableError` if the issuer is needed and does not answer. */
  async authenticate(header: string | undefined): Promise<{ principal: Principal } | RefusedToken> {
    const principal = this.recognize(header);
    if (principal) return { principal };
    if (header === undefined) return { refused: "no Authorization header" };
    const token = bearerToken(header);
    if (token === undefined) return { refused: "the Authorization header has no bearer token" };
    if (!this.#jwt || token.split(".").length !== 3) return { refused: this.#whyUnknown(token) };
    const result = await this.#jwt.verify(token);
    if ("refused" in result) return result;
    this.#known.set(header, result);
    return result;
  }

  #forgetIfFileChanged(nowMs: number): void {
    const version = this.#tokens?.version(nowMs) ?? "";
    if (version === this.#version) return;
    this.#version = version;
    this.#known.clear();
  }

  #verifyByFile(header: string): VerifiedPrincipal | undefined {
    const token = bearerToken(header);
    const verified = token === undefined ? undefined : this.#tokens?.verify(token);
    if (verified) this.#known.set(header, verified);
    return verified;
  }

  #whyUnknown(token: string): string {
    const entry = this.#tokens?.verify(token);
    return entry ? `the token of "${entry.principal.id}" has expired` : "the token is unknown";
  }
}

/** The token in a header (RFC 6750): the scheme in any case, one space, the token. */
export function bearerToken(header: string): string | undefined {
  const [, token] = /^bearer ([\w.~+/-]+=*)$/i.exec(header) ?? [];
  return token;
}
