/** Checks of the values and matchers in a rule's `if`. */
import { type IfFile, parseRange } from "../flag/conditions.ts";
import type { AttributeType, Project } from "../project/project.ts";
import { isMapping } from "../text/json.ts";
import { quoteValue } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";
import { escapePointer } from "../yaml/parse.ts";
import type { Source } from "../yaml/source.ts";
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
    const place = `${pointer}/${escapePointer(attribute)}`;
    if (attribute === "targetingKey") {
      const message = "Cannot keep the ids of callers in a rule: git keeps them for ever";
      report(place, "personal-data", message, "use an attribute that describes a group");
      continue;
    }
    if (attribute === "audience") {
      if (typeof matcher === "string") continue;
      const message = `Cannot read ${quoteValue(matcher)} as the name of an audience`;
      report(place, "invalid-matcher", message, "name one audience; write two rules for two");
      continue;
    }
    const type = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    if (type === undefined) reportUndeclared(place, attribute, Object.keys(attributes), report);
    else checkMatcher(place, matcher, type, report);
  }
}

/** Reports an attribute that is not one of those of the project. */
export function reportUndeclared(
  place: string,
  attribute: string,
  known: readonly string[],
  report: Report,
): void {
  const message = `Cannot find the attribute ${quoteValue(attribute)}`;
  const declare = 'declare it with its type in "attributes" of bunting.yaml';
  const hint = didYouMean(attribute, known) ?? declare;
  report(place, "undeclared-attribute", message, hint, { side: "key" });
}

function checkMatcher(place: string, matcher: unknown, type: AttributeType, report: Report): void {
  if (!isMapping(matcher)) {
    checkValues(place, matcher, type, report);
    return;
  }
  const keys = Object.keys(matcher);
  const key = keys.length === 1 ? keys[0] : undefined;
  const isRange = keys.length > 0 && keys.every((one) => one === "min" || one === "max");
  const isAffix = key === "starts_with" || key === "ends_with";
  if (isRange && type === "number") checkRange(place, matcher, report);
  else if (key === "not" && type !== "version") {
    checkValues(`${place}/not`, matcher.not, type, report);
  } else if (isAffix && type === "string") {
    checkValue(`${place}/${key}`, matcher[key], type, report);
  } else reportMismatch(place, matcher, type, report);
}

function reportMismatch(place: string, found: unknown, type: AttributeType, report: Report): void {
  const message = `Cannot compare a ${type} with ${quoteValue(found)}`;
  report(place, "invalid-matcher", message, `use ${matchersOf[type]}`);
}

const matchersOf: Readonly<Record<AttributeType, string>> = {
  string: "a text, a list, { not: … }, { starts_with: … } or { ends_with: … }",
  number: "a number, a list, { not: … } or { min: …, max: … }",
  boolean: "true or false",
  version: 'a range like ">=4.2.0"',
};

function checkRange(
  place: string,
  limits: Readonly<Record<string, unknown>>,
  report: Report,
): void {
  for (const [key, value] of Object.entries(limits)) {
    checkValue(`${place}/${key}`, value, "number", report);
  }
  const { min, max } = limits;
  if (typeof min !== "number" || typeof max !== "number" || min <= max) return;
  const message = `Cannot match anything: the minimum ${min} is above the maximum ${max}`;
  report(place, "empty-range", message, "exchange the two");
}

/** One value, or a list of different values. */
function checkValues(place: string, values: unknown, type: AttributeType, report: Report): void {
  if (!Array.isArray(values)) {
    checkValue(place, values, type, report);
    return;
  }
  const list: readonly unknown[] = values;
  if (list.length === 0 || list.length > maxValues || type === "version") {
    const found = type === "version" ? "versions" : `${list.length} values`;
    const message = `Cannot use a list of ${found}: it must have 1 to ${maxValues}, and versions take a range`;
    report(place, "invalid-list", message);
    return;
  }
  for (const [index, value] of list.entries()) {
    checkValue(`${place}/${index}`, value, type, report);
    if (list.indexOf(value) === index) continue;
    const message = `Cannot read ${quoteValue(value)} twice in a list`;
    report(`${place}/${index}`, "invalid-list", message, "delete one of the two");
  }
}

function checkValue(place: string, value: unknown, type: AttributeType, report: Report): void {
  const written = plainTextAt(report.source, place);
  if (type === "version") {
    if (typeof value === "string" && parseRange(value)) return;
    const message = `Cannot read ${quoteValue(value)} as a range of versions`;
    report(place, "invalid-version", message, 'write an operator and a version, like ">=4.2.0"');
  } else if (written !== undefined && isAmbiguous(written, value)) {
    const message = `Cannot read ${written} without quotes: YAML 1.1 and YAML 1.2 read it differently`;
    report(place, "ambiguous-value", message, `write "${written}" for text`);
  } else if (typeof value !== type) reportMismatch(place, value, type, report);
}

/** The text of a scalar without quotes; `undefined` if it has quotes or is no scalar. */
function plainTextAt({ text, offsets }: Source, pointer: string): string | undefined {
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
