/**
 * `test/fixtures/invalid/` has a file or a folder for each code, which fails only for this reason, with
 * the expected problems beside it. After a change of texts, check each one, then run:
 *
 *     BLESS=1 npx vitest run test/schema/fixtures.test.ts
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { severities } from "../../schema/problem/codes.ts";
import { formatProblem } from "../../schema/problem/problem.ts";
import { fixtures, validateFixture } from "./fixtures.ts";

const invalid = new URL("invalid/", fixtures);
const codes = Object.keys(severities).sort();
const files = readdirSync(invalid).filter((file) => !file.endsWith(".txt"));

const hint = "check the difference, then run: BLESS=1 npx vitest run test/schema/fixtures.test.ts";

test.each(files)("validate() reports the expected problems of invalid/%s", (file) => {
  const problems = validateFixture(new URL(file, invalid));
  const text = problems.map((problem) => `${formatProblem(problem)}\n`).join("");
  const golden = new URL(`${codeOf(file)}.txt`, invalid);
  if (process.env.BLESS) writeFileSync(golden, text);
  expect(text, hint).toBe(existsSync(golden) ? readFileSync(golden, "utf8") : "");
});

test.each(files)("validate() finds nothing else in invalid/%s", (file) => {
  const found = validateFixture(new URL(file, invalid)).map(({ code }) => code);
  expect([...new Set(found)]).toEqual([codeOf(file)]);
});

/**
 * These need thousands of files, or large ones: `test/schema/size/list-size.test.ts` and
 * `test/schema/file/required-chains.test.ts` make them.
 */
const withoutFixture = [
  "definitions-too-large",
  "large-definitions",
  "large-list",
  "list-too-large",
  "references-too-large",
];

test("each code has a fixture, and each fixture a code", () => {
  expect([...files.map(codeOf), ...withoutFixture].sort()).toEqual(codes);
});

test("each expected text belongs to a fixture", () => {
  const texts = readdirSync(invalid).filter((file) => file.endsWith(".txt"));
  const named = texts.map((text) => text.replace(/\.txt$/, ""));
  expect([...named, ...withoutFixture].sort()).toEqual(codes);
});

test("validate() finds nothing wrong with the files in valid/", () => {
  const problems = validateFixture(new URL("valid", fixtures));
  expect(problems.map(formatProblem)).toEqual([]);
});

function codeOf(file: string): string {
  return file.replace(/\.yaml$/, "");
}
