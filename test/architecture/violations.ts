import path from "node:path";
import { readCode } from "./read-code.ts";
import { type Rules, topFolders } from "./rules.ts";

/** Globals that make a function depend on more than its arguments. */
const impure: readonly (readonly [what: string, pattern: RegExp])[] = [
  [
    "the process",
    free("process", "console", "global", "globalThis", "window", "self", "navigator"),
  ],
  ["the clock", /\bDate\s*(?:\?\.|\.)\s*now\b|\bDate\s*\[|(?<!\bnew\s+)\bDate\s*\(/],
  ["the clock", /\bnew\s+Date\b(?!\s*\(\s*[^)\s])/],
  ["the clock", free("performance", "Temporal")],
  ["a timer", free("setTimeout", "setInterval", "setImmediate", "queueMicrotask")],
  ["the time zone", /\.\s*(?:get|set)(?:TimezoneOffset|FullYear|Month|Date|Day|Hours|Minutes)\b/],
  ["the locale", /\blocaleCompare\b|\btoLocale\w*/],
  ["the locale", free("Intl")],
  ["chance", /\bMath\s*(?:\?\.|\.)\s*random\b|\bMath\s*\[/],
  [
    "chance",
    free("crypto", "webcrypto", "randomUUID", "randomBytes", "randomInt", "getRandomValues"),
  ],
  ["the network", free("fetch", "XMLHttpRequest", "WebSocket", "EventSource")],
  ["computed code", free("eval", "Function", "require", "Worker")],
  ["its own location", /\bimport\s*\.\s*meta\b/],
];

/** The same as identifiers, not as properties of objects. */
function free(...names: string[]): RegExp {
  return new RegExp(`(?<![\\w$]|(?<!\\.\\.)\\.\\s*)(?:${names.join("|")})(?![\\w$])`);
}

/**
 * Everything in `sources`, text by file (`schema/flag/flag.ts`), that breaks a rule:
 * `file:line: what it does`.
 */
export function findViolations(sources: Readonly<Record<string, string>>): string[] {
  return Object.entries(sources).flatMap(([file, source]) => {
    const name = topOf(file);
    const rules = topFolders[name];
    const { text, strings } = readCode(source);
    const found = [...findBadPlace(file, rules), ...findTooLong(source)];
    if (/^\s*export\s*\*/m.test(text)) found.push({ offset: 0, what: "is a barrel" });
    for (const { offset, specifier, typeOnly } of findImports(text, strings)) {
      const allowed = rules === undefined || mayImport(file, rules, specifier, typeOnly);
      if (!allowed) found.push({ offset, what: `imports ${specifier ?? "a computed name"}` });
    }
    for (const [what, pattern] of name === "schema" ? impure : []) {
      const match = pattern.exec(text);
      if (match) found.push({ offset: match.index, what: `uses ${what}: ${match[0]}` });
    }
    return found.map(({ offset, what }) => `${file}:${lineOf(text, offset)}: ${what}`);
  });
}

interface FoundViolation {
  readonly offset: number;
  readonly what: string;
}

function findBadPlace(file: string, rules: Rules | undefined): FoundViolation[] {
  const known = rules !== undefined || topOf(file) === "test" || /^[\w-]+\.config\.ts$/.test(file);
  const vague = /(?:^|\/)(?:utils?|libs?|index)(?:\/|\.\w+$)/.exec(file);
  const isLoose = rules?.folders !== undefined && !Object.hasOwn(rules.folders, folderOf(file));
  return [
    ...(isLoose ? [{ offset: 0, what: "is in no subfolder that has rules" }] : []),
    ...(known ? [] : [{ offset: 0, what: "is in no folder that has rules" }]),
    ...(vague ? [{ offset: 0, what: "has a vague name" }] : []),
  ];
}

/** A longer file has more than one subject, or a subject that has parts. */
const maxLines = 200;

function findTooLong(source: string): FoundViolation[] {
  const lines = source.trimEnd().split("\n").length;
  if (lines <= maxLines) return [];
  return [{ offset: 0, what: `has ${lines} lines, more than ${maxLines}` }];
}

interface Import {
  readonly offset: number;
  /** Missing if it is computed. */
  readonly specifier: string | undefined;
  readonly typeOnly: boolean;
}

/** Static and dynamic imports, re-exports and the imports of types, in code as `readCode()` leaves it. */
function findImports(text: string, strings: readonly string[]): Import[] {
  return forms.flatMap((form) =>
    [...text.matchAll(form)].map(({ index: offset, groups = {} }) => {
      const { string, clause = "" } = groups;
      const specifier = string === undefined ? undefined : strings[Number(string)];
      return { offset, specifier, typeOnly: /^\s*type\s+(?!from\b|,)/.test(clause) };
    }),
  );
}

const forms: readonly RegExp[] = [
  /(?<![\w$.])(?:import|export)\b(?!\s*[.(])(?<clause>[^"`;()=]*?)\bfrom\s*"(?<string>\d+)"/g,
  /(?<![\w$.])import\s*"(?<string>\d+)"/g,
  /(?<![\w$.])(?:import|require)\s*\((?:\s*"(?<string>\d+)"\s*[,)])?/g,
];

function mayImport(
  file: string,
  { imports, types = [], packages, folders, files = {}, peers = {} }: Rules,
  specifier: string | undefined,
  typeOnly: boolean,
): boolean {
  if (specifier === undefined) return false;
  if (/^\.\.?\//.test(specifier)) {
    const imported = path.posix.join(path.posix.dirname(file), specifier);
    const top = topOf(imported);
    if (folders && top === topOf(file)) {
      const [own, other] = [folderOf(file), folderOf(imported)];
      return own === other || (folders[own] ?? []).includes(other);
    }
    const extra = files[file] ?? [];
    const isExtra = extra.includes(top) || extra.includes(`${top}/${folderOf(imported)}`);
    return imports.includes(top) || isExtra || (typeOnly && types.includes(top));
  }
  if (!/^(?:node:|@[\w.-]+\/)?[\w-][\w./-]*$/.test(specifier)) return false;
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? "";
  if (packages === undefined || packages.includes(name)) return true;
  return Object.entries(peers).some(
    ([pattern, names]) =>
      (pattern.endsWith("/") ? file.startsWith(pattern) : file === pattern) && names.includes(name),
  );
}

function topOf(file: string): string {
  return file.slice(0, Math.max(0, file.indexOf("/")));
}

/** The subfolder that a file is in, such as `routes/reads`; `""` if none. */
function folderOf(file: string): string {
  return path.posix.dirname(file.slice(topOf(file).length + 1)).replace(/^\.$/, "");
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
