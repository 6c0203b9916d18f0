/**
 * A team's pattern is matched against names that clients send. JavaScript's regular expressions can
 * take exponential time, so only a part of their language is accepted, for which time is bounded.
 */

/** The usual styles of names: their patterns, and a description of what they allow. */
export const nameStyles = {
  snake_case: {
    pattern: "^[a-z][a-z0-9]*(_[a-z0-9]+)*$",
    words: "lower-case letters, digits and single underscores",
  },
  "kebab-case": {
    pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
    words: "lower-case letters, digits and single hyphens",
  },
} as const;

/** What is wrong with a pattern, as the end of a sentence; `undefined` if it can be used. */
export function findPatternError(pattern: string): string | undefined {
  if (!grammar.test(pattern)) {
    return "it must go from ^ to $ and consist of characters, [classes], repetitions, and groups such as (-[a-z0-9]+)*";
  }
  try {
    new RegExp(pattern);
  } catch {
    return "it is not a regular expression";
  }
  if ((pattern.match(repetitions) ?? []).length > maxRepetitions) {
    return `it must not have more than ${maxRepetitions} repetitions`;
  }
  return [...pattern.matchAll(repeatedGroups)].every(([, group = ""]) => hasSeparator(group))
    ? undefined
    : "a repeated group must begin with a separator that does not match elsewhere in the group";
}

/** With this many, the longest name (128 characters) takes some ten million steps at worst. */
const maxRepetitions = 4;

const atom = String.raw`(?:[A-Za-z0-9_-]|\\d|\[[A-Za-z0-9_-]+\])`;
const repetition = String.raw`(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})`;
const sequence = String.raw`\((?:\?:)?${atom}(?:${atom}${repetition}?)+\)`;
const alternatives = String.raw`\((?:\?:)?${atom}+(?:\|${atom}+)+\)\??`;
const grammar = new RegExp(
  String.raw`^\^(?:${atom}${repetition}?|${sequence}${repetition}?|${alternatives})*\$$`,
);
/** A `?` repeats nothing. The one in `(?:` belongs to the group. */
const repetitions = /[*+]|\{/g;
const repeatedGroups = /\((?:\?:)?([^()]*)\)[*+{]/g;

/** Whether no character can belong to the first part of a group and to another part. */
function hasSeparator(group: string): boolean {
  const [first = "", ...others] = group.match(new RegExp(atom, "g")) ?? [];
  const matches = (part: string, character: string) => new RegExp(`^${part}$`).test(character);
  return [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"].every(
    (character) => !matches(first, character) || !others.some((part) => matches(part, character)),
  );
}
