import type { Condition } from "./definition.ts";
import { isInRange } from "./version.ts";

/** A condition that compares: all but lists and audiences. */
export type Comparison = Exclude<Condition, readonly [string, "in" | "not" | "is", unknown]>;

export type Compare = typeof compare;

/**
 * Compares an attribute with an operand: numbers, versions, the start or end of a text. An attribute
 * of another type than the operand never matches.
 */
export function compare(value: unknown, [, operator, operand]: Comparison): boolean {
  if (typeof value !== typeof operand) return false;
  if (operator === "min") return (value as number) >= operand;
  if (operator === "max") return (value as number) <= operand;
  const text = value as string;
  if (operator === "starts_with") return text.startsWith(operand);
  if (operator === "ends_with") return text.endsWith(operand);
  return isInRange(text, operator, operand);
}
