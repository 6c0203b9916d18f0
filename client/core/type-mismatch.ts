/** The message for a flag that has another type than the caller's default. */
export function explainTypeMismatch(name: string, fallback: unknown, value: unknown): string {
  return `Cannot read "${name}" as ${typeOf(fallback)}: it is ${typeOf(value)}`;
}

function typeOf(value: unknown): string {
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
