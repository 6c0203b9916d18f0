/** A value for a message: shortened, on one line, quoted. */
export function quoteValue(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  const line = [...text.slice(0, 200).replace(/\s+/g, " ")];
  return `"${line.length > 40 ? `${line.slice(0, 39).join("")}…` : line.join("")}"`;
}

/** `1,000,000`. */
export function groupDigits(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 flag`, `2 flags`; `many` is the plural if it is not `one` with an s. */
export function pluralize(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** The first `maxLength` UTF-16 code units, whole characters only, with `…` for the rest. */
export function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** The first digits of a commit's id. */
export function shortId(commit: string): string {
  return commit.slice(0, 7);
}

/** `a, b and 3 more`: the first `max` of the texts. */
export function listSome(texts: readonly string[], max: number): string {
  const more = texts.length > max ? ` and ${texts.length - max} more` : "";
  return `${texts.slice(0, max).join(", ")}${more}`;
}

/** `a, b and c`; of more than `max` texts, the first ones and how many more there are. */
export function joined(texts: readonly string[], max = texts.length): string {
  if (texts.length > max) return listSome(texts, max);
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}

/** The text with a capital letter at the beginning. */
export function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
