/**
 * Finds characters that a reviewer cannot see, by their Unicode properties. Hidden characters can
 * reorder the text around them, or encode a hidden message (one variation selector is one byte).
 *
 * Three kinds are part of normal writing and are accepted in their place only: U+FE0E and U+FE0F after
 * one emoji, U+200D inside an emoji sequence, and U+200C and U+200D between letters of Arabic and
 * Indic scripts. U+00A0, U+202F and U+3000 are ordinary spaces of French and East Asian text.
 *
 * The properties that are used here are stable: unassigned characters are accepted, because the
 * answer must not depend on the Unicode version of the program that runs the check.
 */

export interface HiddenCharacter {
  readonly character: string;
  /** Offset in the text. */
  readonly at: number;
}

/** The first hidden character of a text. Control characters are not included. */
export function findHiddenCharacter(text: string): HiddenCharacter | undefined {
  for (const { 0: character, index: at } of text.matchAll(hidden)) {
    if (!isNormalWriting(text, character, at)) return { character, at };
  }
  return undefined;
}

/** The text with each control and hidden character as `\u{…}`. */
export function escapeHiddenCharacters(text: string): string {
  return text
    .replace(hidden, (character, at) =>
      isNormalWriting(text, character, at) ? character : escapeCharacter(character),
    )
    .replace(/\p{Cc}/gu, escapeCharacter);
}

/** `\u{202e}`. */
export function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** The text on one line: each run of control, hidden and space characters becomes one space. */
export function withoutHiddenCharacters(text: string): string {
  return text
    .replace(hidden, (character, at) => (isNormalWriting(text, character, at) ? character : " "))
    .replace(/[\p{Cc}\p{Z}]+/gu, " ");
}

/** `U+202E`. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * Format characters, surrogates, line and paragraph separators, private use, noncharacters, everything
 * that a renderer may ignore, spaces that look like another space, the blank Braille pattern and the
 * replacement character.
 */
const classes =
  "\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Co}\\p{Noncharacter_Code_Point}\\p{Default_Ignorable_Code_Point}\\u1680\\u2000-\\u200A\\u205F\\u2800\\uFFFC\\uFFFD";
const hidden = new RegExp(`[${classes}]`, "gu");

/** An emoji and its modifier have at most four code units. */
const maxSequence = 6;

function isNormalWriting(text: string, character: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - maxSequence), at);
  const after = text.slice(at + character.length, at + character.length + maxSequence);
  switch (character) {
    case "\uFE0E":
    case "\uFE0F":
      return emojiAtEnd.test(before) || (/[\d#*]$/.test(before) && after.startsWith("\u20E3"));
    case "\u200D":
      return (emojiSequenceAtEnd.test(before) && emojiAtStart.test(after)) || joins(before, after);
    case "\u200C":
      return joins(before, after);
    default:
      return false;
  }
}

const emojiAtEnd = /\p{Extended_Pictographic}$/u;
const emojiSequenceAtEnd = /\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F)?$/u;
const emojiAtStart = /^\p{Extended_Pictographic}/u;

/** Whether a joiner is between letters of a script that needs it to be spelled correctly. */
function joins(before: string, after: string): boolean {
  return joinerAfter.test(before) && joinerBefore.test(after);
}

const letter =
  "[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Bengali}\\p{Script=Devanagari}\\p{Script=Gujarati}\\p{Script=Gurmukhi}\\p{Script=Kannada}\\p{Script=Khmer}\\p{Script=Malayalam}\\p{Script=Oriya}\\p{Script=Sinhala}\\p{Script=Tamil}\\p{Script=Telugu}]";
const joinerAfter = new RegExp(`${letter}$`, "u");
const joinerBefore = new RegExp(`^${letter}`, "u");
