/** What is checked in the tests of a flag beyond their shape, without the flag. */
import type { TestFile, TestsFile } from "../flag/tests.ts";
import type { Finding } from "../problem/problem.ts";
import type { Project } from "../project/project.ts";
import { quoteValue } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";
import { escapePointer, type Source } from "../yaml/parse.ts";
import { placeAt } from "../yaml/pointers.ts";

/** Where the expected value of each test is written, in their order. */
export type TestPlaces = readonly { readonly line: number; readonly column: number }[];

export function findTestPlaces({ tests }: TestsFile, source: Source): TestPlaces {
  return tests.map((_, at) => placeAt(source, `/tests/${at}/expect`));
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
function checkTestName({ name = "" }: TestFile, pointer: string, source: Source): Finding[] {
  if (!/[\t\n]/.test(name)) return [];
  const message = "Cannot use a name of several lines: failures show it in a line";
  return [
    {
      ...placeAt(source, pointer),
      code: "control-character",
      message,
      hint: "write it in one line",
    },
  ];
}

function checkEnvironment(
  { environment }: TestFile,
  pointer: string,
  source: Source,
  { environments }: Project,
): Finding[] {
  if (environment === undefined || environments.includes(environment)) return [];
  const message = `Cannot read environment ${quoteValue(environment)}`;
  const hint = didYouMean(environment, environments) ?? `known here: ${environments.join(", ")}`;
  return [{ ...placeAt(source, pointer), code: "unknown-environment", message, hint }];
}

function checkContext(
  { context = {} }: TestFile,
  pointer: string,
  source: Source,
  { attributes }: Project,
): Finding[] {
  return Object.entries(context).flatMap(([attribute, value]): Finding[] => {
    const place = `${pointer}/${escapePointer(attribute)}`;
    const declared = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    const type = attribute === "targetingKey" ? "string" : declared;
    if (type === undefined) {
      const hint =
        didYouMean(attribute, ["targetingKey", ...Object.keys(attributes)]) ??
        'declare it with its type in "attributes" of bunting.yaml';
      const message = `Cannot find the attribute ${quoteValue(attribute)}`;
      return [{ ...placeAt(source, place, "key"), code: "undeclared-attribute", message, hint }];
    }
    const wanted = type === "version" ? "string" : type;
    if (typeof value === wanted) return [];
    const hint = wanted === "string" ? "put it in quotes" : `write a ${wanted}`;
    const message = `Cannot use ${quoteValue(value)} for the attribute "${attribute}": it must be a ${type}`;
    return [{ ...placeAt(source, place), code: "wrong-type", message, hint }];
  });
}
