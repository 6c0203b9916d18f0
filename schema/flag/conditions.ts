/** What a rule's `if` says, as conditions for the evaluator. */
import type { Condition, Scalar, VersionOperator } from "../evaluate/definition.ts";
import type { AttributeType } from "../project/project.ts";

/** Attributes and what they must match, as people write it. `audience` has the name of an audience. */
export type IfFile = Readonly<Record<string, MatcherFile>>;

export type MatcherFile =
  | Scalar
  | readonly Scalar[]
  | { readonly not: Scalar | readonly Scalar[] }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly min?: number; readonly max?: number };

/** A range of versions: operator, version. The version is SemVer, of one to three numbers. */
const range = /^(<=|>=|<|>|=|\^|~) *(v?\d+(?:\.\d+){0,2}(?:[-+].*)?)$/;

/** The conditions of an `if` without problems; all must be met. */
export function toConditions(
  written: IfFile,
  attributes: Readonly<Record<string, AttributeType>>,
): Condition[] {
  return Object.entries(written).flatMap(([attribute, matcher]) =>
    toCondition(attribute, matcher, attributes[attribute]),
  );
}

/** Operator and version of a text like `>=4.2.0`; `undefined` if it is no range. */
export function parseRange(text: string): readonly [VersionOperator, string] | undefined {
  const [, operator, version] = range.exec(text) ?? [];
  if (operator === undefined || version === undefined) return undefined;
  return [operator as VersionOperator, version];
}

function toCondition(
  attribute: string,
  matcher: MatcherFile,
  type: AttributeType | undefined,
): Condition[] {
  if (attribute === "audience") return [["audience", "is", String(matcher)]];
  if (type === "version" && typeof matcher === "string") {
    const parsed = parseRange(matcher);
    return parsed ? [[attribute, ...parsed]] : [];
  }
  if (typeof matcher !== "object") return [[attribute, "in", [matcher]]];
  if (isList(matcher)) return [[attribute, "in", matcher]];
  if ("not" in matcher)
    return [[attribute, "not", isList(matcher.not) ? matcher.not : [matcher.not]]];
  if ("starts_with" in matcher) return [[attribute, "starts_with", matcher.starts_with]];
  if ("ends_with" in matcher) return [[attribute, "ends_with", matcher.ends_with]];
  const { min, max } = matcher;
  return [
    ...(min === undefined ? [] : [[attribute, "min", min] as const]),
    ...(max === undefined ? [] : [[attribute, "max", max] as const]),
  ];
}

function isList(value: unknown): value is readonly Scalar[] {
  return Array.isArray(value);
}
