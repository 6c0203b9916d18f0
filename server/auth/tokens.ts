import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { parseTokens, type TokenEntry } from "../../schema/access/tokens.ts";
import type { Verified } from "./authenticator.ts";

/** How often the file is looked at, in milliseconds. */
const interval = 1_000;

/** The tokens of a file that may change at any time; when it is broken, those from before stay good. */
export class Tokens {
  readonly #file: string;
  readonly #complain: (error: Error) => void;
  #tokens: readonly TokenEntry[] = [];
  #version = "";
  #looked = 0;

  /** Throws where the file cannot be read now; later `complain` hears of it. */
  constructor(file: string, complain: (error: Error) => void) {
    this.#file = file;
    this.#complain = complain;
    this.#read();
  }

  /** Whose token this is, and until when; nothing where it is nobody's. Good for this `version()`. */
  verify(token: string): Verified | undefined {
    const principal = this.#find(token);
    return principal && { principal, until: endOf(principal) };
  }

  /** Another one where the file has changed. It is looked at once a second. */
  version(now: number): string {
    if (now - this.#looked >= interval) this.#look(now);
    return this.#version;
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

  #look(now: number): void {
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
  }
}

/** The beginning of the day from which it is refused. */
function endOf({ expires }: TokenEntry): number {
  return expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(`${expires}T00:00:00Z`);
}
