import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Role, roles, type TokenEntry, tokenEntry } from "../schema/access/tokens.ts";
import { addToken, findTextError, parseTokens } from "../schema/access/tokens-file.ts";
import { identity } from "../schema/change/commit-message.ts";
import { nearestOrAll } from "../schema/text/suggest.ts";
import { readWorkTreeProject } from "../store/commit/work-tree.ts";
import { ifExists } from "../store/files/if-exists.ts";
import { replaceFile } from "../store/files/replace-file.ts";
import { checkDay } from "./command/checks.ts";
import { defineCommand, UsageError } from "./command/command.ts";
import { shared } from "./command/options.ts";
import { writeResult } from "./command/report.ts";
import { note } from "./command/stderr.ts";

export const command = defineCommand({
  name: "token",
  summary:
    "Create an API token and its entry for the tokens file. The token itself is shown this once.",
  operands: "",
  options: {
    name: {
      value: "NAME",
      help: "the owner, who is the author of the commits made with the token",
    },
    role: { value: "ROLE", help: "the role, which decides what the token may do", choices: roles },
    add: {
      value: "FILE",
      help: "add the entry to this tokens file; create the file if it is missing",
    },
    id: { value: "ID", help: "the token's id in logs and history (default: from the name)" },
    email: { value: "ADDRESS", help: "the author's address (default: from the id)" },
    github: { value: "LOGIN", help: "the GitHub login of the person who uses it" },
    expires: { value: "DAY", help: "the day from which it is refused, YYYY-MM-DD" },
    flags: {
      value: "PATTERNS",
      help: "the flags that it may change, comma-separated; * matches any characters",
    },
    environments: {
      value: "NAMES",
      help: "the environments that it may read and change, comma-separated",
    },
    repo: shared.repo,
    format: shared.format,
  },
  run({ name, role, add, email, github, expires, flags, environments, repo, format, ...options }) {
    if (!name || !role) throw new UsageError("Cannot create a token: --name and --role are needed");
    if (expires !== undefined) checkDay("expires", expires);
    checkEnvironments(list(environments), repo);
    checkTexts({ name, id: options.id, email });
    const id = options.id ?? idFor(name);
    const { token, entry } = tokenEntry(randomBytes(24), {
      id,
      name: identity(name, id),
      email: email ?? `${id}@bunting.example`,
      role: role as Role,
      flags: list(flags),
      environments: list(environments),
      github,
      expires,
    });
    if (add !== undefined) addToTokensFile(add, entry);
    const more = `\n\nFor the tokens file:\n${JSON.stringify(entry)}`;
    writeResult(format, { token, entry }, add === undefined ? token + more : token);
    if (add !== undefined && format !== "json") note(`Added "${entry.id}" to ${add}.`);
    return 0;
  },
});

/** The name is checked before the id that is made of it. */
function checkTexts(texts: Readonly<Record<"name" | "id" | "email", string | undefined>>): void {
  for (const key of ["name", "id", "email"] as const) {
    const text = texts[key];
    const error = text === undefined ? undefined : findTextError(key, text);
    if (error !== undefined) throw new UsageError(`Cannot use --${key}: it ${error}`);
  }
}

/** Outside of a repository of flags, the environments are not known. */
function checkEnvironments(wanted: readonly string[] = [], repo: string): void {
  const { project, entries } = readWorkTreeProject(repo);
  const known = entries.length === 0 ? undefined : project?.environments;
  const unknown = wanted.find((name) => known?.includes(name) === false);
  if (known && unknown !== undefined) {
    const hint = nearestOrAll(unknown, known);
    throw new UsageError(`Cannot use --environments "${unknown}": ${hint}`);
  }
}

/**
 * Adds an entry to a tokens file; the rest of the file stays as it is. Throws an `Error`, and changes
 * nothing, if the file is not valid, or would not be.
 */
function addToTokensFile(file: string, entry: TokenEntry): void {
  const current = readTokensFile(file);
  parseTokens(current, file);
  const text = addToken(current, entry);
  try {
    parseTokens(text, file);
  } catch (error) {
    const hint = "the owner of several tokens needs an --id for each";
    throw new Error(`Cannot add "${entry.id}": ${(error as Error).message}\n  hint: ${hint}`);
  }
  // Only its owner may read a new file.
  replaceFile(file, text, 0o600);
}

function readTokensFile(file: string): string {
  try {
    return ifExists(() => readFileSync(file, "utf8")) ?? "[]\n";
  } catch (error) {
    throw new Error(`Cannot read "${file}": ${(error as Error).message}`);
  }
}

function idFor(name: string): string {
  const id = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return id.replace(/^-|-$/g, "") || "token";
}

function list(text: string | undefined): string[] | undefined {
  return text
    ?.split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
