import { fileStart, type Position, positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import { codePoint, findHiddenCharacter } from "../text/hidden-characters.ts";

/** Larger files are refused before they are read. A flag file has about 300 bytes. In bytes. */
export const maxFileBytes = 65_536;

export interface Decoded {
  /** Missing if the bytes are not text, or not safe to give to a parser. */
  readonly text?: string;
  readonly findings: readonly Finding[];
}

/** Decodes a file as text that is safe to parse: limited in size, valid UTF-8, without invisible characters. */
export function decodeFile(bytes: Uint8Array): Decoded {
  if (bytes.length > maxFileBytes) return { findings: [tooLarge(bytes.length)] };
  const text = decodeUtf8(bytes);
  if (text === undefined) return { findings: [notUtf8(bytes)] };

  if (plainText.test(text)) return { text, findings: [] };
  const findings = characterChecks.flatMap((check) => check(text));
  const unsafe = findings.some(({ code }) => stops.has(code));
  return unsafe ? { findings } : { text, findings };
}

/** The finding for a file of `size` bytes that is too large, for callers that do not read it. */
export function tooLarge(size: number): Finding {
  const message = `Cannot read a file of ${size} bytes: at most ${maxFileBytes} are read`;
  const hint = "a flag is a few lines; move long text to where it is read";
  return { ...fileStart, code: "too-large", message, hint };
}

/** Matches nearly all files: they have no character that the checks below search for. */
const plainText = /^[ -~\n]*$/;

/** After these findings, the parser's errors would only repeat them. */
const stops = new Set(["control-character", "tab-indentation"]);

const characterChecks: readonly ((text: string) => Finding[])[] = [
  function hasNoByteOrderMark(text) {
    if (!text.startsWith("\uFEFF")) return [];
    const message = "Cannot read a byte order mark before the first character";
    return [{ ...fileStart, code: "byte-order-mark", message, hint: formatIt }];
  },

  function endsLinesWithLineFeed(text) {
    return first(text, /\r/, (position) => {
      const message = "Cannot read a carriage return: lines end with a line feed only";
      return { ...position, code: "carriage-return", message, hint: formatIt };
    });
  },

  function hasNoControlCharacter(text) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the check searches for them
    return first(text, /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/, (position, character) => {
      const message = `Cannot read the control character ${codePoint(character)}`;
      return { ...position, code: "control-character", message, hint: "delete it" };
    });
  },

  function hasNoInvisibleCharacter(text) {
    const found = findHiddenCharacter(text.replace(/^\uFEFF/, " "));
    if (!found) return [];
    const message = `Cannot read the invisible character ${codePoint(found.character)}`;
    const hint = "delete it: a reviewer cannot see it, and it may reorder the text around it";
    return [{ ...positionAt(text, found.at), code: "invisible-character", message, hint }];
  },

  /** Longer runs are noise, and take quadratic time to normalize: UAX #15, Stream-Safe Text Format. */
  function stacksFewMarks(text) {
    return first(text, tooManyMarks, (position) => {
      const message = "Cannot read more than 30 combining marks on one letter";
      return { ...position, code: "not-normalized", message, hint: "delete them" };
    });
  },

  function isNormalized(text) {
    if (tooManyMarks.test(text)) return [];
    const normal = text.normalize("NFC");
    if (normal === text) return [];
    let at = 0;
    while (text[at] === normal[at]) at += 1;
    const message = "Cannot read text that is not in Unicode normalization form C";
    return [{ ...positionAt(text, at), code: "not-normalized", message, hint: formatIt }];
  },

  function indentsWithSpaces(text) {
    const match = /^ *\t/m.exec(text);
    if (!match) return [];
    const position = positionAt(text, match.index + match[0].length - 1);
    const message = "Cannot read a tab as indentation: YAML wants spaces";
    return [{ ...position, code: "tab-indentation", message, hint: "indent with two spaces" }];
  },
];

const formatIt = "run: bunting format";

const tooManyMarks = /\p{M}{31}/u;

function first(
  text: string,
  pattern: RegExp,
  finding: (position: Position, character: string) => Finding,
): Finding[] {
  const match = pattern.exec(text);
  return match ? [finding(positionAt(text, match.index), match[0])] : [];
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function notUtf8(bytes: Uint8Array): Finding {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const text = decoder.decode(bytes);
  // The first difference after encoding the text again. A search for U+FFFD could find one that the file contains.
  const encoded = new TextEncoder().encode(text);
  let same = 0;
  while (encoded[same] === bytes[same]) same += 1;
  const before = decoder.decode(bytes.subarray(0, same), { stream: true });
  const position = positionAt(text, before.length);
  const message = "Cannot read bytes that are not valid UTF-8";
  return { ...position, code: "invalid-utf8", message, hint: "save the file as UTF-8" };
}
