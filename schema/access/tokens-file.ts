/**
 * The tokens file: a JSON array of entries. A misspelt key must not widen what a token may do, so
 * unknown keys, duplicate keys and duplicate entries are errors.
 */
import { positionAt } from "../problem/position.ts";
import { isDate } from "../text/date.ts";
import { duplicateKey } from "../text/duplicate-key.ts";
import { isMapping } from "../text/json.ts";
import { findCredentials, findSensitiveData } from "../text/personal-data.ts";
import { quoteValue } from "../text/show.ts";
import { nearestOrAll } from "../text/suggest.ts";
import { roles, type TokenEntry } from "./tokens.ts";

/** The entries of a tokens file. Throws an `Error` that says what is wrong; `file` is its name in the message. */
export function parseTokens(text: string, file: string): TokenEntry[] {
  const entries = parseJson(text, file);
  if (!Array.isArray(entries)) throw new Error(`Cannot read "${file}": it must be a JSON array`);
  const key = duplicateKey(text);
  if (key !== undefined) {
    throw new Error(`Cannot read "${file}": an entry has the key ${quoteValue(key)} twice`);
  }
  for (const [index, entry] of entries.entries()) {
    const error = findEntryError(entry) ?? findDuplicate(entry, entries.slice(0, index));
    if (error !== undefined)
      throw new Error(`Cannot read token ${index + 1} of "${file}": ${error}`);
  }
  return entries;
}

/** The text of a tokens file with one more entry. `text` must be a valid tokens file; all else in it stays. */
export function addToken(text: string, entry: TokenEntry): string {
  const end = text.lastIndexOf("]");
  const before = text.slice(0, end).trimEnd();
  const separator = before.endsWith("[") ? "" : ",";
  return `${before}${separator}\n  ${JSON.stringify(entry)}\n${text.slice(end)}`;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The rest of the message can repeat a part of the file.
    const [, position] = /at position (\d+)/.exec((error as Error).message) ?? [];
    const { line, column } = positionAt(text, Number(position ?? text.length));
    throw new Error(`Cannot read "${file}": it is not valid JSON at ${line}:${column}`);
  }
}

/** Why a text cannot be in an entry; `undefined` if it can. */
export function findTextError(key: "id" | "name" | "email", text: string): string | undefined {
  return checks[key](text);
}

const checks: Readonly<Record<keyof TokenEntry, (value: unknown) => string | undefined>> = {
  id: (value) =>
    typeof value === "string" && /^[^\s#\p{C}]{1,100}$/u.test(value)
      ? refuse(findSensitiveData(value))
      : "must be text of 1 to 100 characters without spaces and #",
  name: (value) => checkText(value) ?? refuse(findSensitiveData(String(value))),
  email: (value) => checkText(value) ?? refuse(findCredentials(String(value))),
  role: (value) =>
    roles.some((role) => role === value) ? undefined : `must be one of ${roles.join(", ")}`,
  sha256: (value) =>
    /^[0-9a-f]{64}$/.test(String(value)) ? undefined : "must be 64 lower-case hex digits",
  flags: checkList,
  environments: checkList,
  github: (value) =>
    /^[a-z\d](?:-?[a-z\d]){0,38}$/i.test(String(value)) ? undefined : "must be a login on GitHub",
  expires: (value) => (isDate(String(value)) ? undefined : "must be a day of the form YYYY-MM-DD"),
};

const required = ["id", "name", "email", "role", "sha256"] as const;
const known = Object.keys(checks);

function findEntryError(entry: unknown): string | undefined {
  if (!isMapping(entry)) return "it must be an object";
  const missing = required.find((key) => !Object.hasOwn(entry, key));
  if (missing !== undefined) return `"${missing}" is missing`;
  for (const [key, value] of Object.entries(entry)) {
    if (!known.includes(key)) {
      const hint = nearestOrAll(key, known);
      return `it has the unknown key ${quoteValue(key)}; ${hint}`;
    }
    const error = checks[key as keyof TokenEntry](value);
    if (error !== undefined) return `"${key}" ${error}`;
  }
  return undefined;
}

/** Two entries of one id share limits and idempotency keys; of two equal tokens only one would count. */
function findDuplicate(entry: TokenEntry, earlier: readonly TokenEntry[]): string | undefined {
  const repeated = (["id", "sha256"] as const).find((key) =>
    earlier.some((other) => other[key] === entry[key]),
  );
  return repeated === undefined ? undefined : `another entry has the same "${repeated}"`;
}

/** Git keeps names and ids in commits. The message never repeats the text. */
function refuse([found]: readonly { readonly what: string }[]): string | undefined {
  return found && `must not contain ${found.what}: git keeps it in commits`;
}

function checkText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? undefined : "must be text";
}

function checkList(value: unknown): string | undefined {
  const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
  return isList ? undefined : "must be a list of texts";
}
