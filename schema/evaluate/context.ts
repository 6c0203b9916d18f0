import { targetingKey } from "./definition.ts";

/** What is known about a caller, as in OpenFeature: attributes, and the id as `targetingKey`. */
export type Context = Readonly<Record<string, unknown>> | null | undefined;

/** The text to hash for an attribute. Empty if it is missing, or neither text, number nor boolean. */
export function textOf(context: Context, attribute = targetingKey): string {
  const value = context?.[attribute];
  return "string number boolean".includes(typeof value) ? String(value) : "";
}
