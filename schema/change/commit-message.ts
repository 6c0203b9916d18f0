/** The message of a commit that the API makes: for people first, and for programs in its trailers. */
import { withoutHiddenCharacters } from "../text/hidden-characters.ts";

export interface Message {
  readonly subject: string;
  /** The client's own words; `""` if it gave none. */
  readonly reason: string;
  /** In this order; those with an empty value are left out. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** The trailers are the last paragraph, and no value has a line break: they cannot be forged. */
export function formatMessage({ subject, reason, trailers }: Message): string {
  const lines = Object.entries(trailers).flatMap(([key, value]) => {
    const text = harmless(oneLine(value, 200));
    return text === "" ? [] : [`${key}: ${text}`];
  });
  const paragraphs = [oneLine(subject, 120), harmless(oneLine(reason, 500)), lines.join("\n")];
  return `${paragraphs.filter((paragraph) => paragraph !== "").join("\n\n")}\n`;
}

/**
 * The markers with which GitHub skips workflow runs.
 * https://docs.github.com/en/actions/managing-workflow-runs/skipping-workflow-runs
 */
const skips = /\[ ?((?:skip|no)[ -](?:ci|actions)|(?:ci|actions)[ -]skip) ?\]/gi;
/**
 * A keyword that closes an issue or pull request, up to its number.
 * https://docs.github.com/en/issues/tracking-your-work-with-issues/linking-a-pull-request-to-an-issue
 */
const closes =
  /(?<!\p{L})((?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)[^\w#]{1,4}(?:[\w./:-]{0,200}(?:#|\/(?:issues|pull)\/)|GH-))(?=\d)/giu;
const mentions = /(?<!\w)@(?=[a-z\d])/gi;

/** One line of untrusted text in which GitHub finds no command: to skip checks, close an issue or notify a person. */
export function harmless(line: string): string {
  return line.replace(skips, "($1)").replace(closes, "$1 ").replace(mentions, "@ ");
}

/** Git ignores the text after such a line, including trailers. */
const scissors = "------------------------ >8 ------------------------";

/** Untrusted text on one line, shortened, without control or invisible characters. */
export function oneLine(text: string, limit: number): string {
  const line = withoutHiddenCharacters(text).replaceAll(scissors, "…").trim();
  if (line.length <= limit) return line;
  // Not through the middle of a character that takes two code units.
  return `${line.slice(0, limit - 1).replace(/[\p{Cs}\p{Z}]+$/u, "")}…`;
}

/** A name or an e-mail address that git accepts for an author: not empty, and without its delimiters. */
export function identity(text: string, fallback: string): string {
  const plain = oneLine(text, 100)
    .replace(/[<>]/g, "")
    .replace(/^[.,:;"'\\ ]+|[.,:;"'\\ ]+$/g, "");
  return plain === "" ? fallback : plain;
}
