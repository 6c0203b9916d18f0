/** What is checked in the tests of a flag beyond their shape, without the flag. */
import type { TestFile, TestsFile } from "../flag/tests.ts";
import type { Position } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import type { Project } from "../project/project.ts";
import { quoteValue } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";
import { escapePointer } from "../yaml/parse.ts";
import { positionOfPointer } from "../yaml/pointers.ts";
import type { YamlSource } from "../yaml/source.ts";
import { reportUndeclared } from "./matcher-checks.ts";
import { findingsOf, type Report } from "./report.ts";

/** Where the expected value of each test is written, in their order. */
export function findTestPositions({ tests }: TestsFile, source: YamlSource): Position[] {
  return tests.map((_, at) => positionOfPointer(source, `/tests/${at}/expect`));
}

/** Environments and attributes must exist: with a typing mistake, the test would be about another caller. */
export function checkTests({ tests }: TestsFile, source: YamlSource, project: Project): Finding[] {
  return findingsOf(source, (report) => {
    for (const [at, test] of tests.entries()) {
      checkTestName(test, `/tests/${at}/name`, report);
      checkEnvironment(test, `/tests/${at}/environment`, project, report);
      checkContext(test, `/tests/${at}/context`, project, report);
    }
  });
}

/** The name is printed in one line of a log, so it must not contain a line break. */
function checkTestName({ name = "" }: TestFile, pointer: string, report: Report): void {
  if (!/[\t\n]/.test(name)) return;
  const message = "Cannot use a name of several lines: failures show it in a line";
  report(pointer, "control-character", message, "write it in one line");
}

function checkEnvironment(
  { environment }: TestFile,
  pointer: string,
  { environments }: Project,
  report: Report,
): void {
  if (environment === undefined || environments.includes(environment)) return;
  const message = `Cannot read environment ${quoteValue(environment)}`;
  const hint = didYouMean(environment, environments) ?? `known here: ${environments.join(", ")}`;
  report(pointer, "unknown-environment", message, hint);
}

function checkContext(
  { context = {} }: TestFile,
  pointer: string,
  { attributes }: Project,
  report: Report,
): void {
  const types = new Map(Object.entries({ ...attributes, targetingKey: "string" }));
  for (const [attribute, value] of Object.entries(context)) {
    const attributePointer = `${pointer}/${escapePointer(attribute)}`;
    const type = types.get(attribute);
    const wanted = type === "version" ? "string" : type;
    if (wanted === undefined)
      reportUndeclared(attributePointer, attribute, [...types.keys()], report);
    else if (typeof value !== wanted) {
      const hint = wanted === "string" ? "put it in quotes" : `write a ${wanted}`;
      const message = `Cannot use ${quoteValue(value)} for the attribute "${attribute}": it must be a ${type}`;
      report(attributePointer, "wrong-type", message, hint);
    }
  }
}
