/** Secrets of OFREP's event streams. Servers with the same `FLAGS_COMMIT_KEY` accept each other's. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";

/** Maximum length of a header in a ticket, in characters: proxies refuse longer URLs. */
const maxHeaderLength = 4_096;
const maxTicketLength = 2 * maxHeaderLength;
const nonceLength = 12;
const tagLength = 16;
const algorithm = "aes-256-gcm";
/** Number of cached tickets: encryption takes longer than an evaluation, and the same tokens come again. */
const cacheSize = 1_000;

interface Keys {
  readonly encryptionKey: Buffer;
  readonly signingKey: Buffer;
}

export class StreamKeys {
  readonly #current: Keys;
  /** Those of tickets that are still accepted. */
  readonly #all: readonly Keys[];
  readonly #tickets = new LRUCache<string, string>({ max: cacheSize });

  /** The first secret makes tickets, all of them are accepted. Without any, tickets are valid only for this process. */
  constructor(secrets: readonly string[] = []) {
    this.#all = [...secrets, ...(secrets.length > 0 ? [] : [randomBytes(32).toString("hex")])].map(
      (secret) => ({ encryptionKey: derive(secret, "seal"), signingKey: derive(secret, "sign") }),
    );
    this.#current = this.#all[0] as Keys;
  }

  /**
   * A ticket for the event stream of an environment, in place of an `Authorization` header, which
   * browsers cannot send there. It holds that header encrypted: it is valid as long as the header, and
   * only for this stream. The same header has the same ticket, so that clients stay connected.
   * `undefined` if the header is too long for a URL.
   */
  ticketFor(authorization: string, folder: string): string | undefined {
    if (authorization.length > maxHeaderLength) return undefined;
    const name = `${folder} ${authorization}`;
    const ticket = this.#tickets.get(name) ?? this.#makeTicket(authorization, folder);
    this.#tickets.set(name, ticket);
    return ticket;
  }

  /** The header in a ticket for the stream of this environment; `undefined` if it is not a valid ticket for it. */
  open(ticket: string, folder: string): string | undefined {
    if (ticket.length > maxTicketLength || !/^[\w-]+$/.test(ticket)) return undefined;
    const bytes = Buffer.from(ticket, "base64url");
    if (bytes.length <= nonceLength + tagLength) return undefined;
    for (const keys of this.#all) {
      const header = decrypt(keys, bytes, folder);
      if (header !== undefined) return header;
    }
    return undefined;
  }

  /** A keyed hash: changes with the text and reveals nothing about it. */
  sign(text: string): string {
    return hmac(this.#current.signingKey, text).toString("hex").slice(0, 32);
  }

  /** The nonce is made from what is encrypted, so the same nonce never serves two texts. */
  #makeTicket(authorization: string, folder: string): string {
    const { encryptionKey, signingKey } = this.#current;
    const nonce = hmac(signingKey, `${folder}\n${authorization}`).subarray(0, nonceLength);
    const cipher = createCipheriv(algorithm, encryptionKey, nonce);
    cipher.setAAD(Buffer.from(folder));
    const encrypted = Buffer.concat([cipher.update(authorization, "utf8"), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString("base64url");
  }
}

function decrypt({ encryptionKey }: Keys, bytes: Buffer, folder: string): string | undefined {
  const decipher = createDecipheriv(algorithm, encryptionKey, bytes.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(Buffer.from(folder));
  decipher.setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength));
  try {
    const encrypted = bytes.subarray(nonceLength + tagLength);
    return Buffer.concat([decipher.update(encrypted), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

function derive(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", `bunting event streams: ${purpose}`, 32));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
