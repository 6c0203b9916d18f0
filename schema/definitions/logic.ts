/**
 * JSON Logic as flagd's targeting schema accepts it: every function here returns a rule that passes
 * the strict schema.
 */
export type Logic =
  | null
  | boolean
  | number
  | string
  | readonly Logic[]
  | { readonly [operator: string]: Logic };

/** An attribute of the context. flagd gives null if it is missing. */
export function attribute(name: string): Logic {
  return { var: name };
}

/** `condition ? yes : no`, shortened if the condition is constant or both answers are the same. */
export function ifThenElse(condition: Logic, yes: Logic, no: Logic): Logic {
  if (condition === true || yes === no) return yes;
  return condition === false ? no : { if: [condition, yes, no] };
}

/** All of the conditions, shortened if some are constant. */
export function all(...conditions: readonly Logic[]): Logic {
  if (conditions.includes(false)) return false;
  const open = conditions.filter((condition) => condition !== true).flatMap(operandsOfAnd);
  return open.length > 1 ? { and: open } : (open[0] ?? true);
}

function operandsOfAnd(condition: Logic): readonly Logic[] {
  const isAnd = typeof condition === "object" && condition !== null && "and" in condition;
  return isAnd && Array.isArray(condition.and) ? condition.and : [condition];
}

/** One of the conditions. */
export function either(...conditions: readonly Logic[]): Logic {
  return conditions.length === 1 ? (conditions[0] ?? false) : { or: conditions };
}

export function not(condition: Logic): Logic {
  return { "!": [condition] };
}

export function equals(a: Logic, b: Logic): Logic {
  return { "===": [a, b] };
}

export function differs(a: Logic, b: Logic): Logic {
  return { "!==": [a, b] };
}

/** `starts_with` is true for any text with the empty prefix, and null for everything that is no text. */
export function isText(value: Logic): Logic {
  return { starts_with: [value, ""] };
}

/** The only arm of `fractional` is the answer if it is text, a number or a boolean; otherwise null is. */
export function scalarOrNull(value: Logic): Logic {
  return { fractional: [{ cat: ["-"] }, [value, 1]] };
}
