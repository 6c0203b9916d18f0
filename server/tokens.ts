import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { type Principal, parseTokens, type TokenEntry } from "../schema/token.ts";

/** How often the file is looked at, in milliseconds. */
const interval = 1_000;
const cacheSize = 1_000;

/** The tokens of a file that may change at any time; when it is broken, those from before stay good. */
export class Tokens {
  readonly #file: string;
  readonly #complain: (error: Error) => void;
  #tokens: readonly TokenEntry[] = [];
  #known = new Map<string, TokenEntry>();
  #version = "";
  #looked = 0;

  /** Throws where the file cannot be read now; later `complain` hears of it. */
  constructor(file: string, complain: (error: Error) => void) {
    this.#file = file;
    this.#complain = complain;
    this.#read();
  }

  /** Whose token this is; nothing where it is nobody's, or no more. */
  verify(token: string): Principal | undefined {
    this.#look();
    const found = this.#known.get(token) ?? this.#find(token);
    if (!found || isExpired(found)) return undefined;
    if (this.#known.size >= cacheSize) this.#known.clear();
    this.#known.set(token, found);
    return found;
  }

  /** Compares with every token, each in constant time, so that the time tells nothing. */
  #find(token: string): TokenEntry | undefined {
    const digest = createHash("sha256").update(token).digest();
    let found: TokenEntry | undefined;
    for (const candidate of this.#tokens) {
      if (timingSafeEqual(digest, Buffer.from(candidate.sha256, "hex"))) found = candidate;
    }
    return found;
  }

  #look(): void {
    const now = Date.now();
    if (now - this.#looked < interval) return;
    this.#looked = now;
    try {
      this.#read();
    } catch (error) {
      this.#complain(error as Error);
    }
  }

  #read(): void {
    const { mtimeMs, size, ino } = statSync(this.#file);
    const version = `${mtimeMs} ${size} ${ino}`;
    if (version === this.#version) return;
    this.#version = version;
    this.#tokens = parseTokens(readFileSync(this.#file, "utf8"), this.#file);
    this.#known = new Map();
  }
}

function isExpired({ expires }: TokenEntry): boolean {
  return expires !== undefined && new Date().toISOString().slice(0, 10) >= expires;
}
