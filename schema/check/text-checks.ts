/** Checks of all keys, texts and comments of a file: what they hide, and what git must not keep. */
import { positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import { codePoint, findHiddenCharacter } from "../text/hidden-characters.ts";
import { type Discovery, findCredentials, findPersonalData } from "../text/personal-data.ts";
import { commentsIn } from "../yaml/comments.ts";
import { escapePointer, type Source } from "../yaml/parse.ts";
import { placeAt } from "../yaml/pointers.ts";
import { findingsOf } from "./report.ts";

/** What is wrong with the texts of a flag, beside what `checkSensitiveData()` finds in any file. */
export function checkTexts(source: Source): Finding[] {
  return checks.flatMap((check) => check(source));
}

/** The keys of a flag whose own keys people choose. */
const ownKeys = new Set(["metadata", "variants"]);
const reservedKeys = new Set(["__proto__", "constructor", "prototype"]);

const checks: readonly ((source: Source) => Finding[])[] = [
  /** Applications merge the mappings that they get, and these keys then replace what JavaScript finds there. */
  function keysAreFree(source) {
    return findingsOf(source, (report) => {
      for (const pointer of source.offsets.keys()) {
        const [, place = "", ...inside] = pointer.split("/");
        const name = inside.at(-1);
        if (name === undefined || !ownKeys.has(place) || !reservedKeys.has(name)) continue;
        const message = `Cannot use "${name}" as a key in "${place}": it is reserved`;
        report(pointer, "reserved-name", message, "choose another name", { side: "key" });
      }
    });
  },

  /** A "#" in the middle of a sentence starts a comment, and the rest of the sentence is lost. */
  function keepsWholeText(source) {
    if (!/ #\S/.test(source.text)) return [];
    const texts = textsOf(source);
    return commentsIn(source.text).flatMap(({ at, text: comment }): Finding[] => {
      const text = /^#\S/.test(comment) && texts.find((one) => isCutBy(source, one, at));
      if (!text) return [];
      const key = text.pointer.slice(text.pointer.lastIndexOf("/") + 1);
      const message = `Ends the text of "${key}" at " #", which begins a comment`;
      const hint = `put the text in quotes; for a comment, write "# " with a space`;
      return [{ ...positionAt(source.text, at), code: "comment-cuts-text", message, hint }];
    });
  },

  /** Escape sequences must not hide what a text says from the reviewer. */
  function showsItsText(source) {
    return textsOf(source).flatMap(({ pointer, place, text }): Finding[] => {
      const hint = "delete the escape sequence";
      const where = ` in "${pointer.slice(1)}"`;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the check looks for them
      const [control] = /[\0-\x08\x0b-\x1f\x7f-\x9f]/.exec(text) ?? [];
      if (control !== undefined) {
        const message = `Cannot publish the control character ${codePoint(control)}${where}`;
        return [{ ...place, code: "control-character", message, hint }];
      }
      const hidden = findHiddenCharacter(text);
      if (!hidden || source.text.includes(hidden.character)) return [];
      const message = `Cannot publish the invisible character ${codePoint(hidden.character)}${where}`;
      return [{ ...place, code: "invisible-character", message, hint }];
    });
  },
];

/** No value, key or comment has personal data or credentials, because git keeps them. */
export function checkSensitiveData(source: Source): Finding[] {
  return [...holdsNoPersonalData(source), ...holdsNoCredential(source)];
}

/** A flag has no personal data. */
function holdsNoPersonalData(source: Source): Finding[] {
  const hint = "flags are public: name the team or the reason instead";
  const inValues = textsOf(source).flatMap(({ pointer, place, text }) =>
    kinds(findPersonalData(text)).map((what): Finding => {
      const message = `Cannot publish ${what} in "${pointer.slice(1)}"`;
      return { ...place, code: "personal-data", message, hint };
    }),
  );
  // Splitting a text into lexemes is slow, and nearly no file has anything to look for.
  const comments = findPersonalData(source.text).length > 0 ? commentsIn(source.text) : [];
  const inComments = comments.flatMap((comment) =>
    findPersonalData(comment.text).map(({ what, at }): Finding => {
      const message = `Cannot keep ${what} in a comment`;
      return { ...positionAt(source.text, comment.at + at), code: "personal-data", message, hint };
    }),
  );
  return [...inValues, ...inComments];
}

/** A flag has no credentials, neither plain nor with escape sequences. */
function holdsNoCredential(source: Source): Finding[] {
  const hint = "revoke it now, then delete it: it stays in the history of git";
  const finding = (what: string, place: { line: number; column: number }): Finding => {
    return { ...place, code: "credential", message: `Cannot keep ${what} here`, hint };
  };
  const written = findCredentials(source.text);
  const escaped = textsOf(source).flatMap(({ place, text }) =>
    kinds(findCredentials(text))
      .filter((what) => !written.some((one) => one.what === what))
      .map((what) => finding(what, place)),
  );
  return [...written.map(({ what, at }) => finding(what, positionAt(source.text, at))), ...escaped];
}

interface Text {
  readonly pointer: string;
  readonly place: { readonly line: number; readonly column: number };
  readonly text: string;
}

/** Whether an unquoted sentence ends right before an offset. */
function isCutBy({ text: source, offsets }: Source, { pointer, text }: Text, at: number): boolean {
  const start = offsets.get(pointer)?.value ?? at;
  const isSentence = /^\/(?:description|metadata\/)/.test(pointer);
  return isSentence && start < at && source.slice(start, at).trimEnd() === text;
}

/** Every text of a file: all values that are text, and all keys. */
function textsOf(source: Source): Text[] {
  const texts: Text[] = [];
  const visit = (value: unknown, pointer: string): void => {
    if (typeof value === "string")
      texts.push({ pointer, place: placeAt(source, pointer), text: value });
    if (typeof value !== "object" || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      const at = `${pointer}/${escapePointer(key)}`;
      if (!Array.isArray(value)) {
        texts.push({ pointer: at, place: placeAt(source, at, "key"), text: key });
      }
      visit(child, at);
    }
  };
  visit(source.value, "");
  return texts;
}

/** The findings without duplicates: all findings in one text have the same position. */
function kinds(discoveries: readonly Discovery[]): string[] {
  return [...new Set(discoveries.map(({ what }) => what))];
}
