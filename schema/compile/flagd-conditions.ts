import type { Condition, Scalar } from "../evaluate/definition.ts";
import { all, attribute, differs, equals, isText, type Logic, not, scalarOrNull } from "./logic.ts";

/**
 * Conditions as JSON Logic. Each one checks the attribute's type first: JSON Logic converts types,
 * a missing attribute is below every number and outside of every list, and a comparison of a number
 * with text is an error that decides the whole flag.
 */
export function compileConditions(
  conditions: readonly Condition[],
  audiences: ReadonlyMap<string, readonly Condition[]>,
): Logic {
  return all(...conditions.map((condition) => compileCondition(condition, audiences)));
}

function compileCondition(
  [name, operator, operand]: Condition,
  audiences: ReadonlyMap<string, readonly Condition[]>,
): Logic {
  const value = attribute(name);
  switch (operator) {
    case "is": {
      const audience = audiences.get(operand);
      // An audience has no audiences.
      return audience !== undefined && compileConditions(audience, new Map());
    }
    case "in":
      return isOneOf(value, operand);
    case "not":
      return all(hasTypeOf(value, operand[0]), not(isOneOf(value, operand)));
    case "starts_with":
    case "ends_with":
      return { [operator]: [value, operand] };
    case "min":
      return all(hasTypeOf(value, operand), { ">=": [value, operand] });
    case "max":
      return all(hasTypeOf(value, operand), { "<=": [value, operand] });
    default:
      return all(isText(value), { sem_ver: [value, operator, operand] });
  }
}

function isOneOf(value: Logic, list: readonly Scalar[]): Logic {
  return list.length === 1 ? equals(value, list[0] as Scalar) : { in: [value, list] };
}

function hasTypeOf(value: Logic, example: Scalar | undefined): Logic {
  if (typeof example === "string") return isText(value);
  if (typeof example === "boolean") return { in: [value, [true, false]] };
  return all(
    differs(value, null),
    not(isText(value)),
    not({ in: [value, [true, false]] }),
    equals(scalarOrNull(value), value),
  );
}
