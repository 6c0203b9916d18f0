import { describe, expect, test } from "vitest";
import { parseProjectFile } from "../../../schema/file/parsed-file.ts";
import type { FlagFiles } from "../../../schema/migrate/migration.ts";
import { formatOf, migrations, stepsBetween } from "../../../schema/migrate/migrations.ts";
import { projectFormat } from "../../../schema/project/project.ts";

function filesOf(texts: Readonly<Record<string, string>>): FlagFiles {
  return { names: Object.keys(texts).sort(), read: (file) => texts[file] };
}

/** The files after steps, in order. */
function migrate(texts: Readonly<Record<string, string>>, from: number, to: number) {
  let now = { ...texts };
  for (const { step } of stepsBetween(from, to)) {
    for (const { file, text } of step.run(filesOf(now))) {
      const { [file]: _, ...others } = now;
      now = text === undefined ? others : { ...others, [file]: text };
    }
  }
  return now;
}

const flag = { "flags/a/meals.yaml": "enabled: true\n" };

const policies = [
  "protected: []\n",
  "protected:\n  - application\n  # what the audit looks at\n  - staging\n",
  "# yaml-language-server: $schema=../schema/policy.schema.json\nprotected: []\n",
  "# yaml-language-server: $schema=../schema/policy.schema.json\n# why\n\nprotected:\n  - staging # both\n# end",
  "# ours\n---\nprotected: [staging]\n",
  "protected: [] # no line feed",
];

test("migrations are numbered in sequence up to the format of this version", () => {
  expect(migrations.map(({ number }) => number)).toEqual([3, 4]);
  expect(migrations.at(-1)?.number).toBe(projectFormat);
  for (const { number, name } of migrations) expect(name).toMatch(new RegExp(`^00${number}_`));
});

describe("004_policy_to_project", () => {
  test.each(policies)(
    "keeps comments going up, and restores the bytes going down: %j",
    (policy) => {
      const before = { ...flag, "flags/policy.yaml": policy };
      const after = migrate(before, 3, 4);
      expect(Object.keys(after).sort()).toEqual(["bunting.yaml", "flags/a/meals.yaml"]);
      const text = after["bunting.yaml"] ?? "";
      const { project, findings } = parseProjectFile(Buffer.from(text));
      expect(findings).toEqual([]);
      expect(project?.format).toBe(4);
      for (const [comment] of policy.matchAll(/# (?!yaml-language).*/g))
        expect(text).toContain(comment);
      expect(migrate(after, 4, 3)).toEqual(before);
    },
  );

  test("adds a bunting.yaml without a policy, and removes it again", () => {
    const after = migrate(flag, 3, 4);
    expect(parseProjectFile(Buffer.from(after["bunting.yaml"] ?? "")).project).toEqual({
      format: 4,
    });
    expect(migrate(after, 4, 3)).toEqual(flag);
  });

  test.each([
    ["protected: [stagin]\n", "flags/policy.yaml:1:13: Cannot read environment"],
    ["{ protected: [] }\n", "not in the usual layout"],
  ])("refuses to go up from %j", (policy, words) => {
    expect(() => migrate({ "flags/policy.yaml": policy }, 3, 4)).toThrow(words);
  });

  test.each([
    ["format: 4\nenvironments: [production]\nlimits: { turn: 10% }\n", "environments, limits"],
    ["format: 4\nprotected: [nowhere]\n", "bunting.yaml:2:13"],
  ])("refuses to go down from %j", (text, words) => {
    expect(() => migrate({ "bunting.yaml": text }, 4, 3)).toThrow(words);
  });
});

test("003_feature_flags_table_to_files changes no file, and is refused down while there are flags", () => {
  expect(migrate(flag, 2, 3)).toEqual(flag);
  expect(migrate({}, 3, 2)).toEqual({});
  expect(() => migrate(flag, 3, 2)).toThrow("1 flag is in a file");
});

describe("formatOf()", () => {
  test.each([
    [{}, 2],
    [flag, 3],
    [{ "flags/policy.yaml": "protected: []\n" }, 3],
    [{ ...flag, "bunting.yaml": "protected: []\n" }, 4],
    [{ "bunting.yaml": "# ours\nformat: 4\n" }, 4],
  ])("of %j is %s", (texts, format) => {
    expect(formatOf(filesOf(texts))).toBe(format);
  });

  test.each(["format: 5\n", "format: next\n", "format: 3\n", "format: 4.5\n"])(
    "refuses %j and says what to do",
    (text) => {
      expect(() => formatOf(filesOf({ "bunting.yaml": text }))).toThrow(
        /Cannot migrate from format .*: this version of bunting knows formats up to 4\n {2}hint: install/,
      );
    },
  );
});
