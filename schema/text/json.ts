/** Whether a value, as YAML and JSON have it, is a mapping: no list, and not null. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two values have the same text as JSON. The order of keys counts, as that of variants does. */
export function isSameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The types of JSON Schema, in the words of messages about YAML. */
export const typeNames: Readonly<Record<string, string>> = {
  boolean: "true or false",
  string: "text",
  integer: "a whole number",
  number: "a number",
  object: "a mapping",
  array: "a list",
};
