import type { Compare } from "./compare.ts";
import type { Context } from "./context.ts";
import type { Condition, Definitions } from "./definition.ts";

/**
 * Whether a caller meets all conditions. An attribute that is missing, or has another type than the
 * operand, never matches. Throws if an audience is missing.
 */
export function matches(
  conditions: readonly Condition[],
  context: Context,
  compare: Compare,
  audiences?: Definitions["audiences"],
): boolean {
  return conditions.every((condition) => {
    const [name, operator, operand] = condition;
    if (operator === "is") {
      // An audience cannot refer to others.
      return matches(audiences?.[operand] as readonly Condition[], context, compare);
    }
    const value = context?.[name] as never;
    if (operator === "in") return operand.includes(value);
    if (operator === "not") return typeof value === typeof operand[0] && !operand.includes(value);
    return compare(value, condition);
  });
}
