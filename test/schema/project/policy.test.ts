import { describe, expect, test } from "vitest";
import type { Entry } from "../../../schema/file/entry.ts";
import { parseFlagFile, parsePolicyFile } from "../../../schema/file/parsed-file.ts";
import { countFlags, resolveProject, validate } from "../../../schema/file/validate.ts";
import { fileKindOf } from "../../../schema/flag/file-kind.ts";
import { type Finding, formatProblem, problemsIn } from "../../../schema/problem/problem.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { format } from "../../../schema/yaml/edit.ts";

function bytes(text: string): Buffer {
  return Buffer.from(text);
}

function codesOf(findings: readonly Finding[]): string[] {
  return findings.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

function entry(path: string, text: string, mode = "100644"): Entry {
  const [file, read] = [`flags/${path}`, bytes(text)];
  const kind = fileKindOf(file);
  const content = kind === "policy" ? parsePolicyFile(read) : parseFlagFile(read, defaultProject);
  return { file, kind, path, mode, content };
}

describe("parsePolicyFile()", () => {
  test.each(["protected: []\n", "protected:\n  - application\n", "protected: [staging] # why\n"])(
    "accepts %j",
    (text) => {
      const { policy, flag, findings } = parsePolicyFile(bytes(text));
      expect(findings).toEqual([]);
      expect(policy).toBeDefined();
      expect(flag).toBeUndefined();
    },
  );

  test.each([
    ["", "1:1 not-a-mapping"],
    ["# later\n", "1:1 not-a-mapping"],
    ["- application\n", "1:1 not-a-mapping"],
    ["{}\n", "1:1 missing-key"],
    ["protected:\n", "1:11 wrong-type"],
    ["protected: application\n", "1:12 wrong-type"],
    ["protected: true\n", "1:12 wrong-type"],
    ["protected:\n  application: true\n", "2:3 wrong-type"],
    ["protected:\n  - staging\n  - prodution\n", "3:5 unknown-environment"],
    ["protected: [application, 7]\n", "1:26 wrong-type"],
    ["protected:\n  - staging\n  - application\n  - staging\n", "4:5 duplicate-environment"],
    ["protected: []\nprotcted: []\n", "2:1 unknown-key"],
    ["protected: []\nenabled: true\n", "2:1 unknown-key"],
    ["protected: []\nprotected: []\n", "2:1 duplicate-key"],
    ["protected: &all [application]\n", "1:12 anchor"],
    ["protected: !!set [application]\n", "1:12 tag"],
    ["--- \nprotected: []\n---\nprotected: []\n", "3:1 second-document"],
    ["%YAML 1.1\n---\nprotected: []\n", "1:1 directive"],
    ["protected: []\r\n", "1:14 carriage-return"],
    ["protected:\n\t- staging\n", "2:1 tab-indentation"],
    [`protected: ${"[".repeat(1_000)}\n`, "1:43 too-deep"],
    ["protected: [] # AKIAIOSFODNN7EXAMPLE\n", "1:17 credential"],
    [`protected: []${" ".repeat(65_536)}`, "1:1 too-large"],
    ["protected: [\u202Estaging]\n", "1:13 invisible-character"],
  ])("refuses %j with position and code", (text, problem) => {
    expect(codesOf(parsePolicyFile(bytes(text)).findings)).toContain(problem);
  });

  test("reports the expected value and the fix", () => {
    const { findings } = parsePolicyFile(bytes("protected:\n  - aplication\n"));
    const [text] = problemsIn("flags/policy.yaml", findings, "").map(formatProblem);
    expect(text).toBe(
      'flags/policy.yaml:2:5: Cannot read environment "aplication": it must be one of ' +
        'application, staging, development [unknown-environment]\n  hint: did you mean "application"?',
    );
  });

  test("refuses a flag, and parseFlagFile() refuses a policy", () => {
    expect(codesOf(parsePolicyFile(bytes("enabled: true\n")).findings)).toContain(
      "1:1 missing-key",
    );
    expect(codesOf(parseFlagFile(bytes("protected: []\n"), defaultProject).findings)).toContain(
      "1:1 missing-key",
    );
  });
});

describe("validate()", () => {
  const on = "description: Plan meals\nenabled: true\nowner: nutrition\n";

  test("reads flags/policy.yaml as the policy, not as a flag", () => {
    const entries = [entry("policy.yaml", "protected: [staging]\n"), entry("a/meals.yaml", on)];
    const { flags, problems } = validate(entries, defaultProject, "");
    expect(problems.map(({ code }) => code)).toEqual(["old-policy"]);
    expect(resolveProject(entries, "1")).toEqual({
      ...defaultProject,
      protected: ["staging"],
      object: "1",
    });
    expect(flags.map(({ name }) => name)).toEqual(["meals"]);
    expect(countFlags(entries)).toBe(1);
  });

  test.each([
    ["nutrition/policy.yaml", "reserved-name"],
    ["policy.yml", "not-a-flag"],
    ["Policy.yaml", "invalid-name"],
  ])("refuses %s, wherever the policy is", (path, code) => {
    const entries = [entry("policy.yaml", "protected: []\n"), entry(path, on)];
    const codes = validate(entries, defaultProject, "").problems.map((problem) => problem.code);
    expect(codes.filter((found) => found !== "old-policy")).toEqual([code]);
  });

  test("refuses a policy that is not a plain file", () => {
    const { problems } = validate(
      [{ file: "flags/policy.yaml", kind: "policy", path: "policy.yaml", mode: "120000" }],
      defaultProject,
      "",
    );
    expect(problems.map(formatProblem).join()).toMatch(/symbolic link as the policy.*file-mode/);
  });
});

test("format() formats a policy and keeps its comments", () => {
  const text = "# why\nprotected:   [staging,  application] # both\n";
  const laid = "# why\nprotected:\n  - staging\n  - application\n  # both\n";
  expect(format(text)).toBe(laid);
  expect(format(laid)).toBe(laid);
  expect(format("protected: [ ]\n")).toBe("protected: []\n");
});
