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
