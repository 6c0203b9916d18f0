/** The message of a commit that the API makes: for people first, and for programs in its trailers. */

export interface Message {
  readonly subject: string;
  /** The client's own words; `""` where it gave none. */
  readonly reason: string;
  /** In this order; those with an empty value are left out. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** The trailers stand alone in the last paragraph, and nothing in them breaks a line: they cannot be forged. */
export function formatMessage({ subject, reason, trailers }: Message): string {
  const lines = Object.entries(trailers).flatMap(([key, value]) => {
    const text = oneLine(value, 200);
    return text === "" ? [] : [`${key}: ${text}`];
  });
  const paragraphs = [oneLine(subject, 120), oneLine(reason, 500), lines.join("\n")];
  return `${paragraphs.filter((paragraph) => paragraph !== "").join("\n\n")}\n`;
}

/** What follows such a line is no part of a message to git, and neither are the trailers in it. */
const scissors = "------------------------ >8 ------------------------";

/** Text from outside on one line: no control or invisible characters, cut. */
export function oneLine(text: string, limit: number): string {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Z}]+/gu, " ")
    .replaceAll(scissors, "…")
    .trim();
  if (line.length <= limit) return line;
  // Not through the middle of a character that takes two code units.
  return `${line.slice(0, limit - 1).replace(/[\p{Cs}\p{Z}]+$/u, "")}…`;
}

/** A name or an e-mail address as git takes it for an author: never empty, none of its delimiters. */
export function identity(text: string, fallback: string): string {
  const plain = oneLine(text, 100)
    .replace(/[<>]/g, "")
    .replace(/^[.,:;"'\\ ]+|[.,:;"'\\ ]+$/g, "");
  return plain === "" ? fallback : plain;
}
