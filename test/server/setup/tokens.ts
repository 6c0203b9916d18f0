/** A tokens file, and its tokens. */
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { type Principal, type TokenEntry, tokenEntry } from "../../../schema/access/tokens.ts";
import { temporaryDirectory } from "../../git/repository.ts";

const standard: Readonly<Record<string, Partial<TokenEntry>>> = {
  reader: { role: "reader" },
  editor: { role: "editor" },
  admin: { role: "admin" },
};

export class TestTokens {
  readonly file = path.join(temporaryDirectory(), "tokens.json");
  readonly #tokens = new Map<string, string>();
  readonly #entries = new Map<string, TokenEntry>();

  /** By name, the differences from an admin's token. */
  constructor(entries: Readonly<Record<string, Partial<TokenEntry>>> = {}) {
    for (const [name, entry] of Object.entries({ ...standard, ...entries })) this.add(name, entry);
  }

  add(name: string, entry: Partial<TokenEntry> = {}): void {
    const principal = { id: name, name: nameOf(name), email: `${name}@example.com` };
    const made = tokenEntry(randomBytes(24), {
      ...principal,
      role: "admin",
      ...entry,
    } as Principal);
    this.#tokens.set(name, made.token);
    this.#entries.set(name, made.entry);
    this.save();
  }

  /** Changes an entry of a token that stays the same. */
  edit(name: string, change: Partial<TokenEntry>): void {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`Cannot find a token for "${name}"`);
    this.#entries.set(name, { ...entry, ...change });
    this.save();
  }

  remove(name: string): void {
    this.#entries.delete(name);
    this.save();
  }

  save(): void {
    this.write(JSON.stringify([...this.#entries.values()]));
  }

  /** Replaces the file by any text. */
  write(text: string): void {
    writeFileSync(this.file, text, { mode: 0o600 });
  }

  /** Of removed entries, too. */
  of(name: string): string {
    const token = this.#tokens.get(name);
    if (token === undefined) throw new Error(`Cannot find a token for "${name}"`);
    return token;
  }
}

/** `Ada Editor` for `editor`. */
export function nameOf(id: string): string {
  return `Ada ${id.charAt(0).toUpperCase()}${id.slice(1)}`;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
