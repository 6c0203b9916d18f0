import { expect, test } from "vitest";
import { checkName } from "../../../schema/flag/name.ts";
import {
  compareProblems,
  formatAnnotation,
  formatProblem,
  type Problem,
  problemsIn,
} from "../../../schema/problem/problem.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { problemsOf } from "../codes-in.ts";

const problem: Problem = {
  file: "flags/nutrition/meal.yaml",
  line: 6,
  column: 1,
  code: "unknown-key",
  severity: "error",
  message: 'Cannot read key "enviroments"',
  hint: 'did you mean "environments"?',
};

test("formatProblem() begins with file:line:column", () => {
  expect(formatProblem(problem)).toBe(
    'flags/nutrition/meal.yaml:6:1: Cannot read key "enviroments" [unknown-key]\n' +
      '  hint: did you mean "environments"?',
  );
});

test("formatProblem() marks a warning, and needs no hint", () => {
  const { hint: _, ...rest } = problem;
  expect(formatProblem({ ...rest, severity: "warning" })).toBe(
    'flags/nutrition/meal.yaml:6:1: warning: Cannot read key "enviroments" [unknown-key]',
  );
});

test("formatAnnotation() is a workflow command for the line", () => {
  expect(formatAnnotation(problem)).toBe(
    "::error file=flags/nutrition/meal.yaml,line=6,col=1,title=unknown-key" +
      '::Cannot read key "enviroments"%0AHint: did you mean "environments"?',
  );
});

test("formatAnnotation() of a warning is a warning", () => {
  expect(formatAnnotation({ ...problem, severity: "warning" })).toMatch(/^::warning file=/);
});

test("formatAnnotation() escapes characters that end a property or the line", () => {
  const file = "flags/a,line=1::b\r\n%0A.yaml";
  const command = formatAnnotation({ ...problem, file, message: "100 %\r\n::error::, a: b" });
  expect(command).toBe(
    "::error file=flags/a%2Cline=1%3A%3Ab%0D%0A%250A.yaml,line=6,col=1,title=unknown-key" +
      '::100 %25%0D%0A::error::, a: b%0AHint: did you mean "environments"?',
  );
});

const terminal = "\u001b[2J\u001b]8;;https://example.com\u0007";
const hostile = [
  "a\n::error::injected",
  "a\r::error::injected",
  "::stop-commands::x",
  " \t::warning::x",
  "##[add-mask]true",
  "a ##[error]x",
  `a${terminal}b`,
  "a\u202eb\u2066c",
  "a\u2028::error::x",
  "a\u0085::error::x",
  "a\u009b2Jb",
  "\ud800",
];

test.each(hostile)(
  "formatProblem() and formatAnnotation() show %j, and it does nothing",
  (text) => {
    for (const evil of [
      { ...problem, file: text },
      { ...problem, message: text },
      { ...problem, hint: text },
    ]) {
      const lines = formatProblem(evil).split("\n");
      expect(lines).toHaveLength(2);
      expect(lines.filter(isCommand)).toEqual([]);
      expect(lines.join("")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      const command = formatAnnotation(evil);
      expect(command.split(/[\r\n]/)).toHaveLength(1);
      expect(command.indexOf("::", 2)).toBe(command.indexOf("title=unknown-key") + 17);
    }
  },
);

test("formatProblem() escapes invisible characters and keeps the rest", () => {
  const [line] = formatProblem({ ...problem, file: "::a\n##[b].yaml" }).split("\n");
  expect(line).toContain("\\u{3a}:a\\u{a}##\\u{5b}b].yaml:6:1: ");
});

test.each(hostile)("a key, a value, a file named %j cannot run a command", (text) => {
  const quoted = JSON.stringify(text);
  const problems = [
    ...problemsOf(`enabled: ${quoted}\n${quoted}: 1\n${quoted}: 2\ntype: ${quoted}\n`),
    ...problemsIn(`flags/${text}.yaml`, checkName(`${text}.yaml`, defaultProject), "2026-01-01"),
    ...problemsIn(`flags/${text}`, checkName(text, defaultProject), "2026-01-01"),
  ];
  expect(problems.length).toBeGreaterThan(2);
  const lines = problems.map(formatProblem).join("\n").split("\n");
  expect(lines.filter(isCommand)).toEqual([]);
  expect(lines.join("")).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
  const commands = problems
    .map(formatAnnotation)
    .join("\n")
    .split(/[\r\n]+/);
  expect(commands).toHaveLength(problems.length);
});

test("compareProblems() sorts by file, line, column, then code, by code unit", () => {
  const sorted = [
    { ...problem, file: "flags/B.yaml" },
    { ...problem, file: "flags/a.yaml", line: 2, column: 10 },
    { ...problem, file: "flags/a.yaml", line: 10, column: 1, code: "alias" },
    { ...problem, file: "flags/a.yaml", line: 10, column: 1 },
    { ...problem, file: "flags/a.yaml", line: 10, column: 2, code: "alias" },
    { ...problem, file: "flags/ä.yaml" },
  ] satisfies Problem[];
  expect(sorted.toReversed().sort(compareProblems)).toEqual(sorted);
});

test("problemsIn() leaves out problems that start after the day", () => {
  const finding = {
    line: 1,
    column: 1,
    code: "expired",
    message: "Due",
    since: "2026-03-01",
  } as const;
  expect(problemsIn("a", [finding], "2026-02-28")).toEqual([]);
  expect(problemsIn("a", [finding], "2026-03-01")).toEqual([
    { file: "a", line: 1, column: 1, code: "expired", severity: "warning", message: "Due" },
  ]);
});

/** The commands that GitHub's runner finds in a line of a log: `::name …::` at the start, `##[name …]` anywhere. */
function isCommand(line: string): boolean {
  return line.trimStart().startsWith("::") || line.includes("##[");
}
