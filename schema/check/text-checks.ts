/** Checks of all keys, texts and comments of a file: what they hide, and what git must not keep. */
import type { Finding } from "../problem/problem.ts";
import { codePoint, findHiddenCharacter } from "../text/hidden-characters.ts";
import { type Discovery, findCredentials, findPersonalData } from "../text/personal-data.ts";
import { commentsIn } from "../yaml/comments.ts";
import { escapePointer } from "../yaml/parse.ts";
import type { YamlSource } from "../yaml/source.ts";
import { findingsOf, type Report } from "./report.ts";

/** What is wrong with the texts of a flag, beside what `checkSensitiveData()` finds in any file. */
export function checkTexts(report: Report): void {
  const texts = textsOf(report.source);
  checkKeys(report);
  checkComments(texts, report);
  checkEscapes(texts, report);
}

/** The mappings of a flag whose keys people choose. */
const openMappings = new Set(["metadata", "variants"]);
const reservedKeys = new Set(["__proto__", "constructor", "prototype"]);

/** Applications merge the mappings that they get, and these keys then replace what JavaScript finds there. */
function checkKeys(report: Report): void {
  for (const pointer of report.source.offsets.keys()) {
    const [, mapping = "", ...inside] = pointer.split("/");
    const name = inside.at(-1);
    if (name === undefined || !openMappings.has(mapping) || !reservedKeys.has(name)) continue;
    const message = `Cannot use "${name}" as a key in "${mapping}": it is reserved`;
    report(pointer, "reserved-name", message, "choose another name", { side: "key" });
  }
}

/** A "#" in the middle of a sentence starts a comment, and the rest of the sentence is lost. */
function checkComments(texts: readonly Text[], report: Report): void {
  const { source } = report;
  if (!/ #\S/.test(source.text)) return;
  for (const { at, text: comment } of commentsIn(source.text)) {
    const text = /^#\S/.test(comment) && texts.find((one) => isCutBy(source, one, at));
    if (!text) continue;
    const key = text.pointer.slice(text.pointer.lastIndexOf("/") + 1);
    const message = `Ends the text of "${key}" at " #", which begins a comment`;
    const hint = `put the text in quotes; for a comment, write "# " with a space`;
    report(at, "comment-cuts-text", message, hint);
  }
}

/** Whether an unquoted sentence ends right before an offset. */
function isCutBy(
  { text: source, offsets }: YamlSource,
  { pointer, text }: Text,
  at: number,
): boolean {
  const start = offsets.get(pointer)?.value ?? at;
  const isSentence = /^\/(?:description|metadata\/)/.test(pointer);
  return isSentence && start < at && source.slice(start, at).trimEnd() === text;
}

/** Escape sequences must not hide what a text says from the reviewer. */
function checkEscapes(texts: readonly Text[], report: Report): void {
  const hint = "delete the escape sequence";
  for (const { pointer, side, text } of texts) {
    const where = ` in "${pointer.slice(1)}"`;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the check looks for them
    const [control] = /[\0-\x08\x0b-\x1f\x7f-\x9f]/.exec(text) ?? [];
    const hidden = findHiddenCharacter(text)?.character;
    if (control !== undefined) {
      const message = `Cannot publish the control character ${codePoint(control)}${where}`;
      report(pointer, "control-character", message, hint, { side });
    } else if (hidden !== undefined && !report.source.text.includes(hidden)) {
      const message = `Cannot publish the invisible character ${codePoint(hidden)}${where}`;
      report(pointer, "invisible-character", message, hint, { side });
    }
  }
}

/** No value, key or comment has personal data or credentials, because git keeps them. */
export function checkSensitiveData(source: YamlSource): Finding[] {
  return findingsOf(source, (report) => {
    const texts = textsOf(source);
    checkPersonalData(texts, report);
    checkCredentials(texts, report);
  });
}

function checkPersonalData(texts: readonly Text[], report: Report): void {
  const hint = "flags are public: name the team or the reason instead";
  for (const { pointer, side, text } of texts) {
    for (const what of kinds(findPersonalData(text))) {
      const message = `Cannot publish ${what} in "${pointer.slice(1)}"`;
      report(pointer, "personal-data", message, hint, { side });
    }
  }
  const { text } = report.source;
  // Splitting a text into lexemes is slow, and nearly no file has anything to look for.
  for (const comment of findPersonalData(text).length > 0 ? commentsIn(text) : []) {
    for (const { what, at } of findPersonalData(comment.text))
      report(comment.at + at, "personal-data", `Cannot keep ${what} in a comment`, hint);
  }
}

/** A flag has no credentials, neither plain nor with escape sequences. */
function checkCredentials(texts: readonly Text[], report: Report): void {
  const hint = "revoke it now, then delete it: it stays in the history of git";
  const written = findCredentials(report.source.text);
  for (const { what, at } of written) report(at, "credential", `Cannot keep ${what} here`, hint);
  for (const { pointer, side, text } of texts) {
    for (const what of kinds(findCredentials(text))) {
      if (written.some((one) => one.what === what)) continue;
      report(pointer, "credential", `Cannot keep ${what} here`, hint, { side });
    }
  }
}

interface Text {
  readonly pointer: string;
  /** Whether it is a key. */
  readonly side?: "key";
  readonly text: string;
}

/** Every text of a file: all values that are text, and all keys. */
function textsOf({ value: all }: YamlSource): Text[] {
  const texts: Text[] = [];
  const visit = (value: unknown, pointer: string): void => {
    if (typeof value === "string") texts.push({ pointer, text: value });
    if (typeof value !== "object" || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      const at = `${pointer}/${escapePointer(key)}`;
      if (!Array.isArray(value)) texts.push({ pointer: at, side: "key", text: key });
      visit(child, at);
    }
  };
  visit(all, "");
  return texts;
}

/** What was found, without duplicates: all findings in one text have the same position. */
function kinds(discoveries: readonly Discovery[]): string[] {
  return [...new Set(discoveries.map(({ what }) => what))];
}
