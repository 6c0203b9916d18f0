import type { Condition, Scalar } from "../evaluate/definition.ts";
import {
  all,
  attribute,
  differs,
  either,
  equals,
  isText,
  type Logic,
  not,
  scalarOrNull,
} from "./logic.ts";

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

/**
 * flagd's engine in Go converts the elements of a list to numbers if the value is a number: `0` is
 * in `["SE"]`, and a boolean element is an error.
 */
function isOneOf(value: Logic, list: readonly Scalar[]): Logic {
  const [first] = list;
  if (list.length === 1 || typeof first === "boolean") {
    return either(...list.map((item) => equals(value, item)));
  }
  const isInList = { in: [value, list] };
  return typeof first === "string" ? all(isText(value), isInList) : isInList;
}

function hasTypeOf(value: Logic, example: Scalar | undefined): Logic {
  if (typeof example === "string") return isText(value);
  if (typeof example === "boolean") return either(equals(value, true), equals(value, false));
  return all(
    differs(value, null),
    not(isText(value)),
    differs(value, true),
    differs(value, false),
    equals(scalarOrNull(value), value),
  );
}
