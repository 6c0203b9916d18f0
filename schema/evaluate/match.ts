import type { Context } from "./context.ts";
import type { Condition, Definitions, VersionOperator } from "./definition.ts";

/** Compares versions: `isInRange()`, or what the browser's client has in its place until that is loaded. */
export type CompareVersions = (text: string, operator: VersionOperator, limit: string) => boolean;

/**
 * Whether a caller meets all conditions. An attribute that is missing, or has another type than the
 * operand, never matches. Throws if an audience is missing.
 */
export function matches(
  conditions: readonly Condition[],
  context: Context,
  audiences: Definitions["audiences"],
  compareVersions: CompareVersions,
): boolean {
  return conditions.every(([name, operator, operand]) => {
    if (operator === "is") {
      const audience = audiences?.[operand] as readonly Condition[];
      // An audience cannot refer to others.
      return matches(audience, context, undefined, compareVersions);
    }
    const value = context?.[name] as never;
    if (operator === "in") return operand.includes(value);
    if (operator === "not") return typeof value === typeof operand[0] && !operand.includes(value);
    if (typeof value !== typeof operand) return false;
    if (operator === "min") return value >= operand;
    if (operator === "max") return value <= operand;
    const text: string = value;
    if (operator === "starts_with") return text.startsWith(operand);
    if (operator === "ends_with") return text.endsWith(operand);
    return compareVersions(text, operator, operand);
  });
}
