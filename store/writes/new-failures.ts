/** Finds the flag tests that a write makes fail. Without this check, they fail in the next pull request. */
import type { Change } from "../../schema/change/change.ts";
import { parseTestsFile } from "../../schema/file/parsed-file.ts";
import type { Flag } from "../../schema/flag/flag.ts";
import { withRequired } from "../../schema/flag/required-flags.ts";
import { isError, type Problem, problemsIn } from "../../schema/problem/problem.ts";
import { runTestFile } from "../../schema/tests/run-tests.ts";
import type { ChangedFlag } from "./edited-flag.ts";
import type { TestsContent, WriteContext } from "./write.ts";

/**
 * The tests that fail after a change and did not fail before: tests of the flag, and of flags that
 * require it. Disabling a flag makes none fail, because tests of disabled flags only warn. A scheduled
 * step was reviewed when it was merged.
 */
export function findNewFailures(
  change: Change,
  { after }: ChangedFlag,
  context: Pick<WriteContext, "flags" | "audiences" | "tests" | "project">,
): Problem[] {
  if (!after || change.kind === "step" || context.tests.size === 0) return [];
  const before = new Map(context.flags().map((flag): [string, Flag] => [flag.name, flag]));
  const changed = new Map(before).set(change.name, after.flag);
  return [...context.tests].flatMap(([name, tests]) => {
    if (!requiredOf(name, changed).has(change.name)) return [];
    const [was, is] = [before, changed].map((flags) => failuresIn(tests, name, flags, context));
    const known = new Set(was?.map(positionOf));
    const added = (is ?? []).filter((finding) => !known.has(positionOf(finding)));
    return problemsIn(tests.file, added, "");
  });
}

function failuresIn(
  { file, text }: TestsContent,
  name: string,
  all: ReadonlyMap<string, Flag>,
  { audiences, project }: Pick<WriteContext, "audiences" | "project">,
) {
  const content = parseTestsFile(Buffer.from(text), project);
  if (content.findings.some(isError)) return [];
  const flags = [...requiredOf(name, all)].flatMap((one) => all.get(one) ?? []);
  return runTestFile({ file, content }, { flags, audiences }, project).filter(isError);
}

function requiredOf(name: string, flags: ReadonlyMap<string, Flag>): ReadonlySet<string> {
  return withRequired(name, (one) => flags.get(one)?.requires);
}

function positionOf({ line, column }: { readonly line: number; readonly column: number }): string {
  return `${line}:${column}`;
}
