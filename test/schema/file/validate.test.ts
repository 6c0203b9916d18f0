import { expect, test } from "vitest";
import type { Entry } from "../../../schema/file/entry.ts";
import { parseFlagFile } from "../../../schema/file/parsed-file.ts";
import { isReadable, validate } from "../../../schema/file/validate.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { today } from "../fixtures.ts";

const content = parseFlagFile(
  Buffer.from("description: a\nenabled: true\nowner: a\n"),
  defaultProject,
);

test("validate() returns the flags by name, and no problems", () => {
  const { flags, problems } = validate(
    [entry("b/z.yaml"), entry("a/zz.yaml"), entry("c/a1b.yaml")],
    defaultProject,
    today,
  );
  expect(problems).toEqual([]);
  expect(flags.map(({ name, file }) => [name, file])).toEqual([
    ["a1b", "flags/c/a1b.yaml"],
    ["z", "flags/b/z.yaml"],
    ["zz", "flags/a/zz.yaml"],
  ]);
});

test("validate() has the same result for any order of the files", () => {
  const paths = ["b/Xy.yaml", "a/xy.yaml", "c/README", "a/b_c.yaml", "B/d.yaml", "a/xY.yaml"];
  const entries = paths.map((path) => entry(path));
  const expected = validate(entries, defaultProject, today);
  expect(validate(entries.toReversed(), defaultProject, today)).toEqual(expected);
  expect(validate([...entries.slice(3), ...entries.slice(0, 3)], defaultProject, today)).toEqual(
    expected,
  );
  expect(expected.problems.length).toBeGreaterThan(5);
});

test("validate() sorts problems by file, line, column and code, by code unit", () => {
  const bad = parseFlagFile(
    Buffer.from("type: a\nexpires: b\nenabled: c\nowner: a\n"),
    defaultProject,
  );
  const entries = [entry("a/b.yaml", bad), entry("a/Z.yaml", bad), entry("a/ä.yaml")];
  const { problems } = validate(entries, defaultProject, today);
  expect(problems.map(({ file, line, code }) => `${file}:${line} ${code}`)).toEqual([
    "flags/a/Z.yaml:1 invalid-name",
    "flags/a/Z.yaml:1 unknown-value",
    "flags/a/Z.yaml:2 invalid-date",
    "flags/a/Z.yaml:3 wrong-type",
    "flags/a/b.yaml:1 unknown-value",
    "flags/a/b.yaml:2 invalid-date",
    "flags/a/b.yaml:3 wrong-type",
    "flags/a/ä.yaml:1 invalid-name",
  ]);
});

test.each([
  ["in two folders", ["a/meal.yaml", "b/meal.yaml"], "flags/b/meal.yaml"],
  ["that differ by case", ["a/MEAL.yaml", "a/meal.yaml"], "flags/a/meal.yaml"],
  ["that differ by case, in two folders", ["b/Meal.yaml", "a/meal.yaml"], "flags/b/Meal.yaml"],
])("validate() refuses two files of one name %s, and names both", (_where, paths, file) => {
  const { problems } = validate(
    paths.map((path) => entry(path)),
    defaultProject,
    today,
  );
  const [problem, ...others] = problems.filter(({ code }) => code === "duplicate-name");
  expect(others).toEqual([]);
  expect(problem).toMatchObject({ file, line: 1, column: 1 });
  const other = paths.map((path) => `flags/${path}`).find((path) => path !== file);
  expect(problem?.message).toContain(`"${other}" has it already`);
});

test("validate() does not report a .yml file as a duplicate of the flag", () => {
  const { problems } = validate([entry("a/meal.yaml"), entry("a/meal.yml")], defaultProject, today);
  expect(problems.map(({ file, code }) => `${file} ${code}`)).toEqual([
    "flags/a/meal.yml not-a-flag",
  ]);
});

test.each([
  ["100755", "an executable file"],
  ["100664", "a file of mode 100664"],
  ["120000", "a symbolic link"],
  ["160000", "a submodule"],
  ["040000", "a file of mode 040000"],
])("validate() refuses %s, %s", (mode, what) => {
  const path = "a/meal.yaml";
  const { problems } = validate(
    [{ file: `flags/${path}`, kind: "flag", path, mode }],
    defaultProject,
    today,
  );
  expect(problems).toMatchObject([{ line: 1, column: 1, code: "file-mode", severity: "error" }]);
  expect(problems[0]?.message).toContain(what);
});

test.each([
  ["a/meal.yaml", "100644", true],
  ["a/meal.yaml", "100755", false],
  ["a/meal.yaml", "120000", false],
  ["a/meal.yml", "100644", false],
  ["README", "100644", false],
])("isReadable() of %s with mode %s is %s", (path, mode, expected) => {
  expect(isReadable(path, mode)).toBe(expected);
});

test("validate() checks only the content of a file outside of flags/", () => {
  const file = "test/Some File.yaml";
  expect(
    validate([{ file, kind: "flag", mode: "100644", content }], defaultProject, today).problems,
  ).toEqual([]);
});

test("validate() leaves out warnings that are not due yet", () => {
  const due = parseFlagFile(
    Buffer.from("description: a\nenabled: true\nowner: a\nexpires: 2026-06-01\n"),
    defaultProject,
  );
  const codes = (day: string) =>
    validate([entry("a/b1b.yaml", due)], defaultProject, day).problems.map(({ code }) => code);
  expect(codes("2026-05-31")).toEqual([]);
  expect(codes("2026-06-01")).toEqual(["expired"]);
});

test("validate() checks 10,000 files with different names", () => {
  const entries = Array.from({ length: 10_000 }, (_, i) => entry(`a/meal_${i}.yaml`));
  const { flags, problems } = validate(entries, defaultProject, today);
  expect([flags.length, problems]).toEqual([10_000, []]);
});

function entry(path: string, read = content): Entry {
  const mode = "100644";
  const file = `flags/${path}`;
  const plain = { file, kind: "flag", path, mode } as const;
  return isReadable(path, mode) ? { ...plain, content: read } : plain;
}
