import type { createRemoteJWKSet, JSONWebKeySet, JWTVerifyGetKey } from "jose";
import { outgoingFetch } from "../../store/network/outgoing.ts";

const timeoutMs = 5_000;
/** Keys are read again after this time, so that a withdrawn key is no longer accepted. */
const maxAgeMs = 300_000;
/** Time for which known keys are used if the issuer does not answer. */
const maxStaleMs = 3_600_000;
/** After a failure the issuer gets no request for this time. */
const pauseMs = 10_000;

/** The keys that a token needs cannot be read now, so it is unknown whether the token is valid. */
export class IssuerUnavailableError extends Error {
  override readonly name = "IssuerUnavailableError";
  /** In seconds. */
  readonly retryAfter = pauseMs / 1_000;
}

/** The public keys of an issuer, found by OpenID Connect Discovery and read again every five minutes. */
export class SigningKeys {
  readonly #issuer: string;
  readonly #onProblem: (problem: string) => void;
  #discovery: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;
  #last: { readonly keys: JSONWebKeySet; readonly atMs: number } | undefined;
  #failure: { readonly problem: string; readonly atMs: number } | undefined;

  /** `onProblem` is called for each failed attempt to read the keys: at most every ten seconds. */
  constructor(issuer: string, onProblem: (problem: string) => void) {
    this.#issuer = issuer;
    this.#onProblem = onProblem;
  }

  /** Why the keys could not be read the last time; `undefined` if they could. */
  get problem(): string | undefined {
    return this.#failure?.problem;
  }

  /**
   * Runs `verify` with the issuer's keys. If the issuer does not answer, keys that were read within the
   * last hour count. Throws `IssuerUnavailableError` if no known key fits.
   */
  async verifyWith<T>(verify: (keys: JWTVerifyGetKey) => Promise<T>): Promise<T> {
    const isPaused = this.#failure && Date.now() - this.#failure.atMs < pauseMs;
    if (!isPaused) {
      try {
        return await verify(await this.#find());
      } catch (error) {
        if (!(error instanceof IssuerUnavailableError)) throw error;
        this.#failure = { problem: error.message, atMs: Date.now() };
        this.#onProblem(error.message);
      }
    }
    return this.#verifyWithLast(verify, new IssuerUnavailableError(this.#failure?.problem));
  }

  async #verifyWithLast<T>(
    verify: (keys: JWTVerifyGetKey) => Promise<T>,
    unavailable: IssuerUnavailableError,
  ): Promise<T> {
    const { createLocalJWKSet, errors } = await import("jose");
    if (!this.#last || Date.now() - this.#last.atMs > maxStaleMs) throw unavailable;
    try {
      return await verify(createLocalJWKSet(this.#last.keys));
    } catch (error) {
      throw error instanceof errors.JWKSNoMatchingKey ? unavailable : error;
    }
  }

  /** All callers that wait share one discovery; after a failure the next call tries again. */
  async #find(): Promise<JWTVerifyGetKey> {
    this.#discovery ??= this.#discover().catch((error) => {
      this.#discovery = undefined;
      throw error;
    });
    return this.#discovery;
  }

  async #discover() {
    const url = `${this.#issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const { issuer, jwks_uri } = (await this.#read(url)) as Record<string, unknown>;
    if (issuer !== this.#issuer || !URL.canParse(String(jwks_uri)))
      throw this.#unavailable(url, "it describes another issuer, or no keys");
    const { createRemoteJWKSet, customFetch } = await import("jose");
    return createRemoteJWKSet(new URL(String(jwks_uri)), {
      timeoutDuration: timeoutMs,
      cacheMaxAge: maxAgeMs,
      [customFetch]: async (keysUrl: string) => {
        const keys = (await this.#read(keysUrl)) as JSONWebKeySet;
        if (!Array.isArray(keys.keys)) throw this.#unavailable(keysUrl, "it has no list of keys");
        this.#last = { keys, atMs: Date.now() };
        this.#failure = undefined;
        return Response.json(keys);
      },
    });
  }

  async #read(url: string): Promise<object> {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const answer = await outgoingFetch(url, { signal, redirect: "error" });
      if (answer.status !== 200) throw new Error(`it answers ${answer.status}`);
      const value: unknown = await answer.json();
      if (typeof value === "object" && value !== null) return value;
      throw new Error("it answers with something else than an object");
    } catch (error) {
      const { message, cause } = error as Error;
      const code = (cause as NodeJS.ErrnoException | undefined)?.code;
      throw this.#unavailable(url, code ?? message);
    }
  }

  #unavailable(url: string, reason: string): IssuerUnavailableError {
    return new IssuerUnavailableError(
      `Cannot read the signing keys of OIDC_ISSUER "${this.#issuer}" at ${url}: ${reason}`,
    );
  }
}
