/** Checks of the values and matchers in a rule's `if`. */
import { type IfFile, parseRange } from "../flag/conditions.ts";
import type { AttributeType, Project } from "../project/project.ts";
import { isMapping } from "../text/json.ts";
import { quoteValue } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";
import { escapePointer } from "../yaml/parse.ts";
import type { YamlSource } from "../yaml/source.ts";
import type { Report } from "./report.ts";

/** Maximum number of values in one list. */
const maxValues = 500;

/** What is wrong with the `if` at a JSON pointer. */
export function checkMatchers(
  pointer: string,
  written: IfFile,
  { attributes }: Project,
  report: Report,
): void {
  for (const [attribute, matcher] of Object.entries(written)) {
    const attributePointer = `${pointer}/${escapePointer(attribute)}`;
    if (attribute === "targetingKey") {
      const message = "Cannot keep the ids of callers in a rule: git keeps them for ever";
      report(attributePointer, "personal-data", message, "use an attribute that describes a group");
      continue;
    }
    if (attribute === "audience") {
      if (typeof matcher === "string") continue;
      const message = `Cannot read ${quoteValue(matcher)} as the name of an audience`;
      const hint = "name one audience; write two rules for two";
      report(attributePointer, "invalid-matcher", message, hint);
      continue;
    }
    const type = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    if (type === undefined)
      reportUndeclared(attributePointer, attribute, Object.keys(attributes), report);
    else checkMatcher(attributePointer, matcher, type, report);
  }
}

/** Reports an attribute that is not one of those of the project. */
export function reportUndeclared(
  pointer: string,
  attribute: string,
  known: readonly string[],
  report: Report,
): void {
  const message = `Cannot find the attribute ${quoteValue(attribute)}`;
  const declare = 'declare it with its type in "attributes" of bunting.yaml';
  const hint = didYouMean(attribute, known) ?? declare;
  report(pointer, "undeclared-attribute", message, hint, { side: "key" });
}

function checkMatcher(
  pointer: string,
  matcher: unknown,
  type: AttributeType,
  report: Report,
): void {
  if (!isMapping(matcher)) {
    checkValues(pointer, matcher, type, report);
    return;
  }
  const keys = Object.keys(matcher);
  const key = keys.length === 1 ? keys[0] : undefined;
  const isRange = keys.length > 0 && keys.every((one) => one === "min" || one === "max");
  const isAffix = key === "starts_with" || key === "ends_with";
  if (isRange && type === "number") checkRange(pointer, matcher, report);
  else if (key === "not" && type !== "version") {
    checkValues(`${pointer}/not`, matcher.not, type, report);
  } else if (isAffix && type === "string") {
    checkValue(`${pointer}/${key}`, matcher[key], type, report);
  } else reportMismatch(pointer, matcher, type, report);
}

function reportMismatch(
  pointer: string,
  found: unknown,
  type: AttributeType,
  report: Report,
): void {
  const message = `Cannot compare a ${type} with ${quoteValue(found)}`;
  report(pointer, "invalid-matcher", message, `use ${matchersOf[type]}`);
}

const matchersOf: Readonly<Record<AttributeType, string>> = {
  string: "a text, a list, { not: … }, { starts_with: … } or { ends_with: … }",
  number: "a number, a list, { not: … } or { min: …, max: … }",
  boolean: "true or false",
  version: 'a range like ">=4.2.0"',
};

function checkRange(
  pointer: string,
  limits: Readonly<Record<string, unknown>>,
  report: Report,
): void {
  for (const [key, value] of Object.entries(limits)) {
    checkValue(`${pointer}/${key}`, value, "number", report);
  }
  const { min, max } = limits;
  if (typeof min !== "number" || typeof max !== "number" || min <= max) return;
  const message = `Cannot match anything: the minimum ${min} is above the maximum ${max}`;
  report(pointer, "empty-range", message, "exchange the two");
}

/** One value, or a list of different values. */
function checkValues(pointer: string, values: unknown, type: AttributeType, report: Report): void {
  if (!Array.isArray(values)) {
    checkValue(pointer, values, type, report);
    return;
  }
  const list: readonly unknown[] = values;
  if (list.length === 0 || list.length > maxValues || type === "version") {
    const found = type === "version" ? "versions" : `${list.length} values`;
    const message = `Cannot use a list of ${found}: it must have 1 to ${maxValues}, and versions take a range`;
    report(pointer, "invalid-list", message);
    return;
  }
  for (const [index, value] of list.entries()) {
    checkValue(`${pointer}/${index}`, value, type, report);
    if (list.indexOf(value) === index) continue;
    const message = `Cannot read ${quoteValue(value)} twice in a list`;
    report(`${pointer}/${index}`, "invalid-list", message, "delete one of the two");
  }
}

function checkValue(pointer: string, value: unknown, type: AttributeType, report: Report): void {
  const written = plainTextAt(report.source, pointer);
  if (type === "version") {
    if (typeof value === "string" && parseRange(value)) return;
    const message = `Cannot read ${quoteValue(value)} as a range of versions`;
    report(pointer, "invalid-version", message, 'write an operator and a version, like ">=4.2.0"');
  } else if (written !== undefined && isAmbiguous(written, value)) {
    const message = `Cannot read ${written} without quotes: YAML 1.1 and YAML 1.2 read it differently`;
    report(pointer, "ambiguous-value", message, `write "${written}" for text`);
  } else if (typeof value !== type) reportMismatch(pointer, value, type, report);
}

/** The text of a scalar without quotes; `undefined` if it has quotes or is no scalar. */
function plainTextAt({ text, offsets }: YamlSource, pointer: string): string | undefined {
  const start = offsets.get(pointer)?.value;
  if (start === undefined || /["'|>[{]/.test(text[start] ?? "")) return undefined;
  return /^[^,\]}#\n]*/.exec(text.slice(start, start + 200))?.[0].trim();
}

/** Words, octal and base-60 numbers, and numbers that lose a zero. https://yaml.org/type/ */
function isAmbiguous(written: string, value: unknown): boolean {
  if (/^(?:y|n|yes|no|on|off)$/i.test(written)) return true;
  if (/^[-+]?0[0-9]/.test(written) || /^[-+]?\d+(?::[0-5]?\d)+$/.test(written)) return true;
  return typeof value === "number" && String(value) !== written;
}
