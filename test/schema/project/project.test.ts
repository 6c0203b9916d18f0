import { describe, expect, test } from "vitest";
import type { Entry } from "../../../schema/file/entry.ts";
import { parseFlagFile, parseProjectFile } from "../../../schema/file/parsed-file.ts";
import { resolveProject, validate } from "../../../schema/file/validate.ts";
import { fileKindOf } from "../../../schema/flag/file-kind.ts";
import { fitsNames } from "../../../schema/flag/name.ts";
import type { Finding } from "../../../schema/problem/problem.ts";
import { findPatternError } from "../../../schema/project/name-pattern.ts";
import { normalizeProject, rootEnvironment } from "../../../schema/project/project.ts";
import { format } from "../../../schema/yaml/edit.ts";
import { processorTimeMs } from "../../setup/processor-time.ts";

function parse(text: string) {
  return parseProjectFile(Buffer.from(text));
}

function codesOf(findings: readonly Finding[]): string[] {
  return findings.map(({ line, column, code }) => `${line}:${column} ${code}`);
}

const full = `# ours
format: 4
environments: [production, qa, dev]
order: [dev, qa, production]
protected: [production]
attributes: { country: string, app_version: version }
names: { pattern: "^[a-z]+(-[a-z0-9]+)*$", longest: 80 }
limits: { remove: 10%, turn: 100%, at_least: 0 }
publish: { definitions: true }
`;

describe("normalizeProject()", () => {
  test("fills in every default", () => {
    expect(normalizeProject({}, "")).toEqual({
      environments: ["application", "staging", "development"],
      order: ["development", "staging", "application"],
      protected: [],
      attributes: {},
      names: { pattern: "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", longest: 64 },
      limits: { remove: 20, turn: 50, at_least: 5 },
      publish: { definitions: false },
      object: "",
    });
  });

  test("keeps the values of a file, and sorts the protected environments", () => {
    const { project, findings } = parse(full);
    expect(findings).toEqual([]);
    expect(normalizeProject(project ?? {}, "1")).toEqual({
      environments: ["production", "qa", "dev"],
      order: ["dev", "qa", "production"],
      protected: ["production"],
      attributes: { country: "string", app_version: "version" },
      names: { pattern: "^[a-z]+(-[a-z0-9]+)*$", longest: 80 },
      limits: { remove: 10, turn: 100, at_least: 0 },
      publish: { definitions: true },
      object: "1",
    });
  });

  test("by default, changes pass through the environments from last to first", () => {
    const project = normalizeProject({ environments: ["live", "test"] }, "");
    expect(project.order).toEqual(["test", "live"]);
    expect(rootEnvironment(project)).toBe("live");
  });
});

describe("parseProjectFile()", () => {
  test.each([
    ["", "1:1 not-a-mapping"],
    ["enviroments: [production]\n", "1:1 unknown-key"],
    ["environments: production\n", "1:15 wrong-type"],
    ["environments: [v1]\n", "1:16 reserved-name"],
    ["environments: [a]\norder: [a, b]\n", "2:12 unknown-environment"],
    ["environments: [live]\nprotected: [application]\n", "2:13 unknown-environment"],
    ["attributes: { country: text }\n", "1:24 unknown-value"],
    ["attributes: { __proto__: string }\n", "1:15 invalid-attribute"],
    ["attributes: { audience: string }\n", "1:15 reserved-name"],
    ["limits: { turn: 50 }\n", "1:17 wrong-type"],
    ["names: { longest: 1.5 }\n", "1:19 wrong-type"],
    ["format: 3\n", "1:9 unknown-format"],
    ["publish: { definition: true }\n", "1:12 unknown-key"],
    ["protected: [] # AKIAIOSFODNN7EXAMPLE\n", "1:17 credential"],
  ])("refuses %j with position and code", (text, problem) => {
    expect(codesOf(parse(text).findings)).toContain(problem);
  });

  test("reports only the unknown format of a newer file", () => {
    const { findings } = parse("format: 9\nfuture: [1, 2]\n");
    expect(findings).toMatchObject([
      {
        code: "unknown-format",
        hint: "install the version of bunting that wrote it, or a newer one",
      },
    ]);
  });

  test("suggests the environment that was meant", () => {
    const { findings } = parse("environments: [production, qa]\nprotected: [prodution]\n");
    expect(findings).toMatchObject([{ hint: 'did you mean "production"?' }]);
  });

  test("does not change a formatted file", () => {
    expect(format(format(full))).toBe(format(full));
    expect(parse(format(full))).toEqual(parse(full));
  });
});

describe("validate() with a project", () => {
  const project = normalizeProject(
    { environments: ["production", "qa"], names: { pattern: "^[a-z]+(-[a-z0-9]+)*$" } },
    "1",
  );
  const entry = (path: string, text: string): Entry => {
    const content = parseFlagFile(Buffer.from(text), project);
    return { file: `flags/${path}`, kind: "flag", path, mode: "100644", content };
  };
  const text = (environment: string) =>
    `description: a\nenabled: true\nowner: a\nenvironments:\n  ${environment}:\n    enabled: true\n`;

  test("applies its name rules and environments", () => {
    const entries = [
      entry("a/new-cart.yaml", text("qa")),
      entry("a/old_cart.yaml", text("staging")),
    ];
    const codes = validate(entries, project, "").problems.map(
      ({ file, line, code }) => `${file}:${line} ${code}`,
    );
    expect(codes).toEqual([
      "flags/a/old_cart.yaml:1 invalid-name",
      "flags/a/old_cart.yaml:5 unknown-environment",
    ]);
  });

  test("does not check what depends on it while it has errors", () => {
    const file = "bunting.yaml";
    const broken: Entry = { file, kind: "project", mode: "100644", content: parse("names: 1\n") };
    const entries = [broken, entry("a/old_cart.yaml", text("staging"))];
    expect(resolveProject(entries, "1")).toBeUndefined();
    const { problems } = validate(entries, undefined, "");
    expect(problems.map(({ code }) => code)).toEqual(["wrong-type"]);
  });

  test("warns of a flag that is on in the last environment of the order but not in the one before", () => {
    const warned = entry(
      "a/new-cart.yaml",
      "description: a\nenabled: true\nowner: a\nenvironments:\n  qa:\n    enabled: false\n",
    );
    expect(validate([warned], project, "").problems).toMatchObject([
      { line: 6, code: "enabled-out-of-order", message: "Is on in production but off in qa" },
    ]);
  });

  test("finds bunting.yaml at the top only", () => {
    expect(["bunting.yaml", "flags/bunting.yaml", "flags/policy.yaml"].map(fileKindOf)).toEqual([
      "project",
      "flag",
      "policy",
    ]);
  });
});

describe("findPatternError()", () => {
  test.each([
    "^[a-z][a-z0-9]*(_[a-z0-9]+)*$",
    "^[a-z]+(?:-[a-z0-9]+)*$",
    "^[A-Z][A-Z0-9_]*$",
    "^(web|ios|android)-[a-z0-9-]{2,60}$",
    "^\\d{4}-[a-z]+$",
  ])("accepts %s", (pattern) => {
    expect(findPatternError(pattern)).toBeUndefined();
  });

  test.each([
    "[a-z]+",
    "^([a-z]+)+$",
    "^(a|a)*$",
    "^(-[a-z-]+)*$",
    "^([a-z][a-z]+)*$",
    "^a*a*a*a*a*$",
    "^(?=a)b$",
    "^(a)\\1$",
    "^.*$",
    "^[z-a]$",
    "^a|b$",
    `^${"(ab)".repeat(45)}!$`,
  ])("refuses %s fast", (pattern) => {
    const time = processorTimeMs(() => expect(findPatternError(pattern)).toBeTypeOf("string"));
    expect(time).toBeLessThan(200);
  });

  test("accepts only patterns that match any name fast", () => {
    const pattern = "^[a-z]*[a-z]*[a-z]*[a-z]*$";
    const names = { pattern, longest: 128 };
    expect(findPatternError(pattern)).toBeUndefined();
    const time = processorTimeMs(() =>
      expect(fitsNames(`${"a".repeat(127)}1`, { names })).toBe(false),
    );
    expect(time).toBeLessThan(2_000);
  });
});
