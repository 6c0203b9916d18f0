/** An OpenID Connect issuer: its configuration, its keys, and the tokens that it signs. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from "jose";
import { cleanUpAfterFile } from "../../setup/test-file.ts";

export const audience = "bunting";

interface Pair {
  readonly id: string;
  readonly secret: CryptoKey;
  readonly shown: CryptoKey;
}

/** Claims and header of a token that differ from the default; `undefined` leaves one out. */
export interface TokenParts {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey | Uint8Array;
  /** Additional critical headers. */
  readonly crit?: Readonly<Record<string, boolean>>;
}

export class Issuer {
  readonly url: string;
  /** The requested paths. */
  readonly requestedPaths: string[] = [];
  /** Whether it sends invalid responses. */
  isDown = false;
  #key: Pair | undefined;
  #shown: JWK[] = [];

  /** Overrides of its configuration. */
  says: Readonly<Record<string, unknown>> = {};
  #algorithm = "RS256";

  static async start(algorithm = "RS256"): Promise<Issuer> {
    const server = createServer();
    cleanUpAfterFile(() => server.close().closeAllConnections());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const issuer = new Issuer(`http://127.0.0.1:${(server.address() as AddressInfo).port}/realm`);
    server.on("request", (request, response) => {
      issuer.requestedPaths.push(request.url ?? "");
      const answer = issuer.#answer(request.url);
      response.statusCode = answer ? 200 : 503;
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(answer ?? {}));
    });
    issuer.#algorithm = algorithm;
    await issuer.rotate();
    return issuer;
  }

  private constructor(url: string) {
    this.url = url;
  }

  #answer(path: string | undefined): unknown {
    if (this.isDown) return undefined;
    if (path === "/realm/keys") return { keys: this.#shown };
    if (path !== "/realm/.well-known/openid-configuration") return undefined;
    return { issuer: this.url, jwks_uri: `${this.url}/keys`, ...this.says };
  }

  /** A new key, shown instead of those before. */
  async rotate(): Promise<void> {
    this.#key = await pair(this.#algorithm);
    const alg = this.#algorithm;
    this.#shown = [{ ...(await exportJWK(this.#key.shown)), kid: this.#key.id, alg }];
  }

  get key(): Pair {
    if (!this.#key) throw new Error("Cannot sign: there is no key");
    return this.#key;
  }

  /** The public part of the key. */
  async pem(): Promise<Uint8Array> {
    return new TextEncoder().encode(await exportSPKI(this.key.shown));
  }

  async sign(parts: TokenParts = {}): Promise<string> {
    const { claims = {}, header = {}, key = this.key.secret, crit = {} } = parts;
    const now = Math.floor(Date.now() / 1_000);
    const all = {
      iss: this.url,
      aud: audience,
      sub: "user-1",
      name: "Ada Lovelace",
      email: "ada@example.com",
      role: "editor",
      iat: now,
      exp: now + 600,
      ...claims,
    };
    return new SignJWT(defined(all))
      .setProtectedHeader({ alg: this.#algorithm, kid: this.key.id, ...header })
      .sign(key, { crit });
  }
}

let made = 0;

export async function pair(algorithm = "RS256"): Promise<Pair> {
  made += 1;
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { id: `key-${made}`, secret: privateKey, shown: publicKey };
}

function defined(claims: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

/** A token in three parts with any claims, signed or not. */
export function assemble(header: object, claims: object, signature = ""): string {
  const [first, second] = [header, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return `${first}.${second}.${signature}`;
}
