/** Findings for a text that is not YAML. Frequent mistakes get a message of their own. */
import type { YAMLParseError } from "yaml";
import { positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import { quoteValue } from "../text/show.ts";

/** Only the first errors are kept: later ones are usually consequences of them. */
export function invalidYaml(text: string, errors: readonly YAMLParseError[]): Finding[] {
  const conflict = errors.length > 0 ? mergeConflict(text) : undefined;
  if (conflict) return [conflict];
  const hint =
    "check the line above as well: the cause may be an unclosed quote or a wrong indentation there";
  const end = Math.max(0, text.trimEnd().length - 1);
  const byOffset = new Map<number, Finding>();
  for (const { code, pos, message: words } of errors.slice(0, 10)) {
    const at = Math.min(pos[0], end);
    const find = finders[code] ?? missingSpace;
    const mistake = find(text, at);
    // The other errors follow from this one.
    if (mistake) return [mistake];
    const message = `Cannot read this as YAML: ${words.charAt(0).toLowerCase()}${words.slice(1, 200)}`;
    if (byOffset.has(at)) continue;
    byOffset.set(at, { ...positionAt(text, at), code: "invalid-yaml", message, hint });
  }
  return [...byOffset.values()];
}

const finders: Readonly<Record<string, (text: string, at: number) => Finding | undefined>> = {
  BLOCK_AS_IMPLICIT_KEY: unquotedText,
  MISSING_CHAR: (text, at) => openQuote(text) ?? missingSpace(text, at),
};

/** The finding for a text whose quote is not closed up to the end of the file, where the parser finds that. */
function openQuote(text: string): Finding | undefined {
  const unclosed = /^( *(?:- )?[\w.-]+: +)(?:"(?:[^"\\]|\\[\s\S])*|'(?:[^']|'')*)(?![\s\S])/m;
  const opening = unclosed.exec(text);
  if (!opening) return undefined;
  const start = opening.index + (opening[1]?.length ?? 0);
  const quote = text.charAt(start);
  const message = `Cannot read the text that begins here: its closing ${quote} is missing`;
  const hint = `add ${quote} at the end of the text`;
  return { ...positionAt(text, start), code: "invalid-yaml", message, hint };
}

/** The finding for the lines that git leaves in a file if two branches have changed the same lines. */
function mergeConflict(text: string): Finding | undefined {
  const at = text.search(/^<{7} /m);
  if (at === -1 || !/^={7}\r?$/m.test(text)) return undefined;
  const message = "Cannot read a file with an unresolved merge conflict";
  const hint =
    'keep one of the two sides, and delete the lines with "<<<<<<<", "=======" and ">>>>>>>"';
  return { ...positionAt(text, at), code: "invalid-yaml", message, hint };
}

/** The finding for a line like `enabled:true`, which YAML reads as a text or a key without a value. */
function missingSpace(text: string, at: number): Finding | undefined {
  const [line = ""] = text.slice(at).split("\n", 1);
  const [found, key] = /^([a-z]\w*):[^\s:/].*/.exec(line) ?? [];
  if (found === undefined) return undefined;
  const message = `Cannot read ${quoteValue(found.trim())}: a key needs a space after its colon`;
  const hint = `write "${key}: …"`;
  return { ...positionAt(text, at), code: "invalid-yaml", message, hint };
}

/** The finding for a text like `Gateway: Enable payments`, which YAML reads as a mapping inside a line. */
function unquotedText(text: string, at: number): Finding | undefined {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const [line = ""] = text.slice(start).split("\n", 1);
  const [, key, value] = /^[ -]*([\w.-]+): +(\S.*: .*\S|\S.*:)\s*$/.exec(line) ?? [];
  if (key === undefined || value === undefined) return undefined;
  const message = `Cannot read the text of "${key}": it has ": " in it, which separates a key from its value`;
  const quoted = `${key}: ${JSON.stringify(value)}`;
  const hint =
    quoted.length <= 100 ? `put the text in quotes: ${quoted}` : "put the text in quotes";
  const position = positionAt(text, start + line.indexOf(value, line.indexOf(":") + 1));
  return { ...position, code: "invalid-yaml", message, hint };
}
