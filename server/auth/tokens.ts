import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { Principal, TokenEntry } from "../../schema/access/tokens.ts";
import { parseTokens } from "../../schema/access/tokens-file.ts";

const checkIntervalMs = 1_000;

/** A principal whose token is valid until a time, in milliseconds since 1970. */
export interface VerifiedPrincipal {
  readonly principal: Principal;
  readonly untilMs: number;
}

/**
 * The tokens of a file that may change at any time. If a new version of the file cannot be read, the
 * entries of the last good version stay valid for reading; `problem` says why, and writes must be
 * refused: the edit that broke the file may have been made to revoke a token.
 */
export class Tokens {
  readonly #file: string;
  readonly #onProblem: (problem: string) => void;
  #tokens: readonly TokenEntry[] = [];
  #version = "";
  #checkedAtMs = 0;
  #problem: string | undefined;

  /** Throws if the file cannot be read now. Later problems are passed to `onProblem`, each once. */
  constructor(file: string, onProblem: (problem: string) => void) {
    this.#file = file;
    this.#onProblem = onProblem;
    this.#read();
  }

  /** Why the file cannot be read now; `undefined` if it can. */
  get problem(): string | undefined {
    this.version(Date.now());
    return this.#problem;
  }

  /** The principal of a token and its expiry; `undefined` if the token is unknown. Valid for this `version()`. */
  verify(token: string): VerifiedPrincipal | undefined {
    const entry = this.#find(token);
    if (!entry) return undefined;
    const { sha256: _, expires, ...principal } = entry;
    return { principal, untilMs: endOf(expires) };
  }

  /** Changes whenever the file changes. The file is checked once a second. */
  version(nowMs: number): string {
    if (nowMs - this.#checkedAtMs >= checkIntervalMs) this.#check(nowMs);
    return this.#version;
  }

  /** Compares with every token, each in constant time, so that the time reveals nothing. */
  #find(token: string): TokenEntry | undefined {
    const digest = createHash("sha256").update(token).digest();
    let found: TokenEntry | undefined;
    for (const candidate of this.#tokens) {
      if (timingSafeEqual(digest, Buffer.from(candidate.sha256, "hex"))) found = candidate;
    }
    return found;
  }

  #check(nowMs: number): void {
    this.#checkedAtMs = nowMs;
    try {
      this.#read();
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#problem) this.#onProblem(message);
      this.#problem = message;
    }
  }

  #read(): void {
    const { mtimeMs, ctimeMs, size, ino, mode } = this.#reading(() => statSync(this.#file));
    const version = `${mtimeMs} ${ctimeMs} ${size} ${ino}`;
    if (version === this.#version) return;
    if ((mode & 0o022) !== 0 && process.platform !== "win32") {
      const found = (mode & 0o777).toString(8);
      throw new Error(
        `Cannot use "${this.#file}": other users may write to it (mode ${found}); run: chmod go-w ${this.#file}`,
      );
    }
    const text = this.#reading(() => readFileSync(this.#file, "utf8"));
    this.#tokens = parseTokens(text, this.#file);
    this.#version = version;
    this.#problem = undefined;
  }

  /** The result of `read`. If the file cannot be read, the error names it. */
  #reading<Result>(read: () => Result): Result {
    try {
      return read();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const isMissing = code === "ENOENT";
      const found = isMissing ? "there is no such file" : message;
      const hint = isMissing
        ? "; make it with: bunting token --add FILE --name NAME --role ROLE"
        : "";
      throw new Error(`Cannot read the tokens file "${this.#file}": ${found}${hint}`);
    }
  }
}

/** A token is refused from the beginning of its day, in UTC. */
function endOf(expires: string | undefined): number {
  return expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(`${expires}T00:00:00Z`);
}
