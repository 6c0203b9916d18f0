/** A commit message taken apart: the reverse of `formatMessage()`, for messages from anybody. */

export interface ParsedMessage {
  /** The first paragraph, on one line. */
  readonly subject: string;
  /** What follows the subject, trailers included. */
  readonly body: string;
  /** Trailers by key as it is written. A key that occurs more than once is left out, because its value is ambiguous. */
  readonly trailers: ReadonlyMap<string, string>;
}

const trailerLine = /^([A-Za-z][A-Za-z0-9-]*): (\S.*)$/;
/** `git cherry-pick -x` adds this line to the trailers. */
const cherryPick = /^\(cherry picked from commit [0-9a-f]{40,64}\)$/;

/**
 * Parses a message by fixed rules and ignores `trailer.*` of the user's configuration: trailers are the
 * lines of the last paragraph, if every line of it is one and it is not the subject.
 */
export function parseMessage(message: string): ParsedMessage {
  const paragraphs = message.trim().split(/\n(?:[ \t]*\n)+/);
  const [first = ""] = paragraphs;
  const last = paragraphs.length > 1 ? (paragraphs.at(-1) ?? "") : "";
  return {
    subject: first.split("\n").join(" "),
    body: paragraphs.slice(1).join("\n\n"),
    trailers: parseTrailers(last.split("\n")),
  };
}

function parseTrailers(lines: readonly string[]): ReadonlyMap<string, string> {
  const trailers = new Map<string, string>();
  const repeated = new Set<string>();
  for (const line of lines) {
    if (cherryPick.test(line)) continue;
    const [, key, value = ""] = trailerLine.exec(line) ?? [];
    if (key === undefined) return new Map();
    if (trailers.has(key)) repeated.add(key);
    trailers.set(key, value.trimEnd());
  }
  for (const key of repeated) trailers.delete(key);
  return trailers;
}
