/** Runs the tests of flags, and says where and why they fail. */
import { definedFlags, toDefinitions } from "../definitions/definitions.ts";
import type { Definitions } from "../evaluate/definition.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import type { Entry } from "../file/entry.ts";
import { namedFilesIn, normalizeFiles } from "../file/named-files.ts";
import type { Audience } from "../flag/audience.ts";
import type { Flag } from "../flag/flag.ts";
import { flagNameOf } from "../flag/name.ts";
import { withRequired } from "../flag/required-flags.ts";
import type { TestFile } from "../flag/tests.ts";
import { fileStart } from "../problem/position.ts";
import { compareProblems, type Finding, type Problem, problemsIn } from "../problem/problem.ts";
import { type Project, rootEnvironment } from "../project/project.ts";
import { isMapping } from "../text/json.ts";
import { compareText } from "../text/order.ts";
import { quoteValue } from "../text/show.ts";

/**
 * The problems of the tests in `entries`, and of those whose flag is in `entries`. `all` are all
 * files in `flags/`, without errors.
 */
export function runTests(
  entries: readonly Entry[],
  all: readonly Entry[],
  project: Project,
): Problem[] {
  const files = all.filter(({ content }) => content?.tests);
  if (files.length === 0) return [];
  const checked = new Set(entries.map(({ file }) => file));
  const names = new Set(
    entries.flatMap(({ file, kind }) => (kind === "flag" ? [flagNameOf(file)] : [])),
  );
  const tested = normalizeFiles(namedFilesIn(all), project);
  const definitions = defineFlags(tested, project);
  return files
    .filter(({ file }) => checked.has(file) || names.has(flagNameOf(file)))
    .flatMap((entry) => problemsIn(entry.file, runFile(entry, definitions, project), ""))
    .sort(compareProblems);
}

/** What the tests in one file find. `tested` has at least the flag, and what it refers to. */
export function runTestFile(
  entry: Pick<Entry, "file" | "content">,
  tested: TestedFlags,
  project: Project,
): Finding[] {
  return runFile(entry, defineFlags(tested, project), project);
}

interface TestedFlags {
  readonly flags: readonly Flag[];
  readonly audiences: readonly Audience[];
}

/** The definitions of each environment. */
function defineFlags(tested: TestedFlags, project: Project): ReadonlyMap<string, Definitions> {
  return new Map(
    project.environments.map((environment) => [
      environment,
      toDefinitions(definedFlags(environment, tested)),
    ]),
  );
}

function runFile(
  { file, content }: Pick<Entry, "file" | "content">,
  definitions: ReadonlyMap<string, Definitions>,
  project: Project,
): Finding[] {
  const flag = flagNameOf(file);
  const known = definitions.get(rootEnvironment(project));
  if (!known || !Object.hasOwn(known.flags, flag)) {
    const message = `Tests a flag "${flag}" that does not exist`;
    const hint = "rename the file to the flag's name, or delete it";
    return [{ ...fileStart, code: "test-without-flag", message, hint }];
  }
  return (content?.tests?.tests ?? []).flatMap((test, at) => {
    const { environment = rootEnvironment(project), name = `number ${at + 1}` } = test;
    const ofEnvironment = definitions.get(environment);
    const position = content?.testPositions?.[at] ?? fileStart;
    const found = ofEnvironment && runTest(flag, test, environment, name, ofEnvironment);
    return found ? [{ ...position, ...found }] : [];
  });
}

function runTest(
  flag: string,
  { context = {}, expect }: TestFile,
  environment: string,
  name: string,
  definitions: Definitions,
): Omit<Finding, "line" | "column"> | undefined {
  const { value, reason, rule } = evaluate(definitions, flag, context);
  if (canonical(value) === canonical(expect)) return undefined;
  const by = rule === undefined ? `reason ${reason}` : `reason ${reason}, rule ${quoteValue(rule)}`;
  const off = findDisabled(flag, definitions);
  if (off === undefined) {
    const given = `"${flag}" gives ${show(value)} in ${environment} (${by})`;
    const message = `Fails test ${quoteValue(name)}: expected ${show(expect)}, but ${given}`;
    return { code: "failed-test", message, hint: "correct the flag, or what is expected here" };
  }
  const message = `Cannot try test ${quoteValue(name)}: "${off}" is disabled in ${environment}`;
  const hint = `expected is ${show(expect)}, once "${off}" is enabled again`;
  return { code: "disabled-test", message, hint };
}

/** The flag itself or one that it requires, if that is disabled. */
function findDisabled(name: string, definitions: Definitions): string | undefined {
  const names = withRequired(name, (one) => definitions.flags[one]?.requires);
  return [...names].find((one) => !definitions.flags[one]?.enabled);
}

/** A text in quotes, and anything else without. */
function show(value: unknown): string {
  const quoted = quoteValue(value);
  return typeof value === "string" ? quoted : quoted.slice(1, -1);
}

/** Equal for equal values, in any order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (!isMapping(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => compareText(a, b)));
  });
}
