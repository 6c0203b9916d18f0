import { expect, test } from "vitest";
import { parseFlagFile } from "../../../schema/file/parsed-file.ts";
import { problemsIn } from "../../../schema/problem/problem.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { codesIn, problemsOf } from "../codes-in.ts";
import { today } from "../fixtures.ts";

test.each([
  ["no description", "enabled: true\nowner: a\n", "1:1 missing-description"],
  [
    "no description below a comment",
    "# why\n\nenabled: true\nowner: a\n",
    "3:1 missing-description",
  ],
  [
    "an empty description",
    'enabled: true\nowner: a\ndescription: ""\n',
    "3:14 missing-description",
  ],
  [
    "a description of spaces",
    'owner: a\ndescription: "  "\nenabled: true\n',
    "2:14 missing-description",
  ],
  ["no owner", "enabled: true\ndescription: a\n", "1:1 missing-owner"],
])("checkFlag() warns of %s", (_what, text, warning) => {
  const { findings } = parseFlagFile(new TextEncoder().encode(text), defaultProject);
  const [problem, ...others] = problemsIn("x.yaml", findings, today);
  expect(others).toEqual([]);
  expect(`${problem?.line}:${problem?.column} ${problem?.code}`).toBe(warning);
  expect(problem?.severity).toBe("warning");
});

test.each([
  ["the day before", "2025-12-31", ["2:10 expired"]],
  ["today", "2026-01-01", ["2:10 expired"]],
  ["tomorrow", "2026-01-02", []],
])("checkFlag() warns of a flag that should have been removed by %s", (_when, day, warnings) => {
  expect(codesIn(`enabled: true\nexpires: ${day}\n`)).toEqual(warnings);
});

test.each([
  ["an experiment without an expiry date", "type: experiment\n", ["2:7 experiment-without-expiry"]],
  ["an experiment with an end", "type: experiment\nexpires: 2099-01-01\n", []],
  [
    "a kill switch with an expiry date",
    "type: kill_switch\nexpires: 2099-01-01\n",
    ["3:10 kill-switch-with-expiry"],
  ],
  ["a kill switch without an expiry date", "type: kill_switch\n", []],
  ["a release with an end", "type: release\nexpires: 2099-01-01\n", []],
])("checkFlag() checks %s", (_what, text, warnings) => {
  expect(codesIn(`enabled: true\n${text}`)).toEqual(warnings);
});

test.each([
  ["on, off in staging", "true", "staging: { enabled: false }", ["3:23 enabled-out-of-order"]],
  ["on, on in staging", "true", "staging: { enabled: true }", []],
  ["off, off in staging", "false", "staging: { enabled: false }", []],
  ["on, off in development", "true", "development: { enabled: false }", []],
])("checkFlag() checks a flag that is %s", (_what, enabled, environment, warnings) => {
  expect(codesIn(`enabled: ${enabled}\nenvironments:\n  ${environment}\n`)).toEqual(warnings);
});

test.each([
  ["description", "description: Ask ann@example.com\nenabled: true\n", "1:14 personal-data"],
  [
    "a quoted description",
    'description: "ann\\x40example.com"\nenabled: true\n',
    "1:14 personal-data",
  ],
  [
    "a block description",
    "enabled: true\ndescription: |\n  Call\n  +1 555 010 9999\n",
    "2:14 personal-data",
  ],
  ["a card number", "enabled: true\ndescription: 4111 1111 1111 1111\n", "2:14 personal-data"],
  ["a social-security number", "enabled: true\ndescription: 078-05-1120\n", "2:14 personal-data"],
  [
    "an owner that is a card number",
    "enabled: true\nowner: card-4111-1111-1111-1111\n",
    "2:8 personal-data",
  ],
  ["an address in a comment", "# Ask ann@example.com\nenabled: true\n", "1:10 personal-data"],
  [
    "a card number in a comment behind a value",
    "enabled: true # 4111 1111 1111 1111\n",
    "1:17 personal-data",
  ],
])("checkFlag() refuses personal data: %s", (_where, text, problem) => {
  expect(codesIn(text)).toEqual([problem]);
});

test.each([
  'description: "a # ann@example.com"\nenabled: true\n',
  "description: |\n  # ann@example.com\nenabled: true\n",
])("checkFlag() reports an address in a text once, though it follows a #: %j", (text) => {
  expect(codesIn(text)).toEqual(["1:14 personal-data"]);
});

test.each([
  ["description: Ask #team-payments first\nenabled: true\n", ["1:18 comment-cuts-text"]],
  ["description: Ask   #payments\nenabled: true\n", ["1:20 comment-cuts-text"]],
  ["description: Ask # a comment\nenabled: true\n", []],
  ['description: "Ask" #comment\nenabled: true\n', []],
  ['description: "Ask #payments"\nenabled: true\n', []],
  ["description: |\n  Ask #payments\nenabled: true\n", []],
  ["description: Ask the team#payments\nenabled: true\n", []],
  ["enabled: true #todo\nowner: growth #todo\n", []],
])("checkFlag() warns of a text that ends at a #: %j", (text, warnings) => {
  expect(codesIn(text)).toEqual(warnings);
});

const key = ["AKIA", "IOSFODNN7EXAMPLE"].join("");

test.each([
  ["in a description", `description: key ${key}\nenabled: true\n`, "1:18 credential"],
  ["in a comment", `enabled: true # key ${key}\n`, "1:21 credential"],
  ["of our own", `# bnt_${"aZ09_-bB".repeat(4)}\nenabled: true\n`, "1:3 credential"],
  ["in a comment above", `# a\n# ${key}\nenabled: true\n`, "2:3 credential"],
  [
    "that an escape begins",
    `enabled: true\ndescription: "\\x41${key.slice(1)}"\n`,
    "2:14 credential",
  ],
  [
    "that a line break cuts",
    `enabled: true\ndescription: "${key.slice(0, 8)}\\\n  ${key.slice(8)}"\n`,
    "2:14 credential",
  ],
])("checkFlag() refuses a credential %s", (_where, text, problem) => {
  expect(codesIn(text)).toEqual([problem]);
});

test.each([
  ["HTML", "<script>alert(document.cookie)</script>"],
  ["Markdown", "**bold** [link](javascript:alert(1)) ![](x) | table |"],
  ["mentions", "@octocat @org/team #1 fixes #2"],
  ["an expression of GitHub Actions", ["$", "{{ github.token }}"].join("")],
  ["shell", "`id` $(id) ; rm -rf / && true"],
  ["a workflow command", "::error::x %0A::set-output name=a::b"],
  ["SQL", "'; drop table flags; --"],
  ["a format string", "%s %d %n"],
])("parseFlagFile() keeps %s as text", (_what, description) => {
  const text = `enabled: true\ndescription: ${JSON.stringify(description)}\n`;
  expect(codesIn(text)).toEqual([]);
  const { flag } = parseFlagFile(new TextEncoder().encode(text), defaultProject);
  expect(flag).toEqual({ enabled: true, description });
});

test("parseFlagFile() returns no flag if the shape is wrong", () => {
  expect(
    parseFlagFile(new TextEncoder().encode("enabled: yes\n"), defaultProject).flag,
  ).toBeUndefined();
  expect(
    parseFlagFile(new TextEncoder().encode("enabled: *a\n"), defaultProject).flag,
  ).toBeUndefined();
});

test("problemsIn() gives each problem its severity", () => {
  const severities = problemsOf("enabled: true\ntype: experiment\ndescription: 078-05-1120\n").map(
    ({ severity }) => severity,
  );
  expect(severities).toEqual(["warning", "error"]);
});
