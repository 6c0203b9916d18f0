/** What is checked in the tests of a flag beyond their shape, without the flag. */
import type { TestFile, TestsFile } from "../flag/tests.ts";
import type { Code } from "../problem/codes.ts";
import { positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import type { Project } from "../project/project.ts";
import { quoteValue } from "../text/show.ts";
import { suggest } from "../text/suggest.ts";
import { escapePointer, type Source } from "../yaml/parse.ts";

/** Where the expected value of each test is written, in their order. */
export type TestPlaces = readonly { readonly line: number; readonly column: number }[];

export function findTestPlaces({ tests }: TestsFile, { text, offsets }: Source): TestPlaces {
  return tests.map((_, at) => positionAt(text, offsets.get(`/tests/${at}/expect`)?.value ?? 0));
}

/** Environments and attributes must exist: a typing mistake would test another caller than was meant. */
export function checkTests({ tests }: TestsFile, source: Source, project: Project): Finding[] {
  return tests.flatMap((test, at) => [
    ...checkTestName(test, `/tests/${at}/name`, source),
    ...checkEnvironment(test, `/tests/${at}/environment`, source, project),
    ...checkContext(test, `/tests/${at}/context`, source, project),
  ]);
}

/** A failure names the test in a line of a log, which another line could pass off as something else. */
function checkTestName(
  { name = "" }: TestFile,
  pointer: string,
  { text, offsets }: Source,
): Finding[] {
  if (!/[\t\n]/.test(name)) return [];
  const message = "Cannot use a name of several lines: failures show it in a line";
  const place = positionAt(text, offsets.get(pointer)?.value ?? 0);
  return [{ ...place, code: "control-character", message, hint: "write it in one line" }];
}

function checkEnvironment(
  { environment }: TestFile,
  pointer: string,
  { text, offsets }: Source,
  { environments }: Project,
): Finding[] {
  if (environment === undefined || environments.includes(environment)) return [];
  const near = suggest(environment, environments);
  const message = `Cannot read environment ${quoteValue(environment)}`;
  const hint = near ? `did you mean "${near}"?` : `known here: ${environments.join(", ")}`;
  const place = positionAt(text, offsets.get(pointer)?.value ?? 0);
  return [{ ...place, code: "unknown-environment", message, hint }];
}

function checkContext(
  { context = {} }: TestFile,
  pointer: string,
  { text, offsets }: Source,
  { attributes }: Project,
): Finding[] {
  return Object.entries(context).flatMap(([attribute, value]): Finding[] => {
    const { key = 0, value: at = 0 } = offsets.get(`${pointer}/${escapePointer(attribute)}`) ?? {};
    const finding = (offset: number, code: Code, message: string, hint: string): Finding[] => [
      { ...positionAt(text, offset), code, message, hint },
    ];
    const declared = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    const type = attribute === "targetingKey" ? "string" : declared;
    if (type === undefined) {
      const near = suggest(attribute, ["targetingKey", ...Object.keys(attributes)]);
      const hint = near
        ? `did you mean "${near}"?`
        : `declare it with its type in "attributes" of bunting.yaml`;
      const message = `Cannot find the attribute ${quoteValue(attribute)}`;
      return finding(key, "undeclared-attribute", message, hint);
    }
    const wanted = type === "version" ? "string" : type;
    if (typeof value === wanted) return [];
    const hint = wanted === "string" ? "put it in quotes" : `write a ${wanted}`;
    const message = `Cannot use ${quoteValue(value)} for the attribute "${attribute}": it must be a ${type}`;
    return finding(at, "wrong-type", message, hint);
  });
}
