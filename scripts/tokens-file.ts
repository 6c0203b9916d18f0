import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import type { TokenEntry } from "../schema/access/tokens.ts";
import { addToken, parseTokens } from "../schema/access/tokens-file.ts";

/**
 * Adds an entry to a tokens file; the rest of the file stays as it is. A new file can be read by its
 * owner only. Throws an `Error`, and changes nothing, if the file would not be valid.
 */
export function addToTokensFile(file: string, entry: TokenEntry): void {
  const current = read(file);
  if (current !== undefined) parseTokens(current.text, file);
  const text = addToken(current?.text ?? "[]\n", entry);
  try {
    parseTokens(text, file);
  } catch (error) {
    const hint = "the owner of several tokens needs an --id for each";
    throw new Error(`Cannot add "${entry.id}": ${(error as Error).message}\n  hint: ${hint}`);
  }
  replace(file, text, current?.mode ?? 0o600);
}

function read(file: string): { readonly text: string; readonly mode: number } | undefined {
  try {
    return { text: readFileSync(file, "utf8"), mode: statSync(file).mode & 0o777 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`Cannot read "${file}": ${(error as Error).message}`);
  }
}

/** In one step: a server that reads the file meanwhile sees the old or the new one. */
function replace(file: string, text: string, mode: number): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode, flag: "wx" });
    chmodSync(temporary, mode);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new Error(`Cannot write "${file}": ${(error as Error).message}`);
  }
}
