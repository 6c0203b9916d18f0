import { describe, expect, test } from "vitest";
import { parseFlagFile } from "../../../schema/file/parsed-file.ts";
import { normalizeProject } from "../../../schema/project/project.ts";

const project = normalizeProject(
  {
    environments: ["production", "qa"],
    attributes: { country: "string", age: "number", beta: "boolean", app: "version" },
  },
  "",
);

/** `line:column code` of each problem in a flag of the team billing. */
function problemsOf(text: string): string[] {
  const whole = `description: Check out in one step\nowner: billing\n${text}`;
  const { findings } = parseFlagFile(new TextEncoder().encode(whole), project);
  return findings.map(({ line, column, code }) => `${line - 2}:${column} ${code}`);
}

const rule = (condition: string, outcome = "enabled: true") =>
  `enabled: true\nrules:\n  - name: nordic\n    if: ${condition}\n    ${outcome}\n`;

describe("parseFlagFile() accepts", () => {
  test.each([
    ["a percentage with three decimals", "enabled: true\nrollout: 0.001\n"],
    [
      "a percentage in an environment",
      "enabled: false\nenvironments:\n  qa:\n    enabled: true\n    rollout: 50\n",
    ],
    ["a list", rule('{ country: [ SE, "NO" ] }')],
    ["a range of numbers", rule("{ age: { min: 18, max: 18 } }")],
    ["a boolean", rule("{ beta: false }")],
    ["a range of versions", rule('{ app: "^4.2" }')],
    [
      "a rule in block layout",
      "enabled: true\nrules:\n  - name: a\n    if:\n      country:\n        not: SE\n    rollout: 5\n",
    ],
    [
      "variants with a split",
      "enabled: true\nvariants:\n  a: 1\n  b: 2.5\nsplit:\n  a: 0\n  b: 3\n",
    ],
    ["a bucket and a seed", "enabled: true\nrollout: 5\nbucket: country\nseed: old name\n"],
  ])("%s", (_name, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});

describe("parseFlagFile() refuses", () => {
  test.each([
    ["a rollout as text", 'enabled: true\nrollout: "10"\n', ["2:10 wrong-type"]],
    ["a rollout out of range", "enabled: true\nrollout: 101\n", ["2:10 out-of-range"]],
    ["a negative rollout", "enabled: true\nrollout: -1\n", ["2:10 out-of-range"]],
    [
      "a fine rollout in a rule",
      rule("{ country: SE }", "rollout: 0.0001"),
      ["5:14 invalid-rollout"],
    ],
    [
      "a rule with a name of several lines",
      'enabled: true\nrules:\n  - name: "a\\n\\nPlan: no changes"\n    if: { country: SE }\n    enabled: true\n',
      ["3:11 control-character"],
    ],
    [
      "a rule without a name",
      "enabled: true\nrules:\n  - if: { country: SE }\n    enabled: true\n",
      ["3:5 missing-key"],
    ],
    [
      "a rule without an outcome",
      rule("{ country: SE }", "variant: ~").replace("    variant: ~\n", ""),
      ["3:5 rule-outcome"],
    ],
    ["an unknown key in a rule", rule("{ country: SE }", "enable: true"), ["5:5 unknown-key"]],
    ["an empty list", rule("{ country: [] }"), ["4:20 invalid-list"]],
    ["a mixed list", rule("{ country: [ SE, 7 ] }"), ["4:26 invalid-matcher"]],
    ["text for a number", rule('{ age: "18" }'), ["4:16 invalid-matcher"]],
    ["an unknown matcher", rule("{ country: { contains: S } }"), ["4:20 invalid-matcher"]],
    ["two matchers", rule("{ country: { not: SE, starts_with: S } }"), ["4:20 invalid-matcher"]],
    ["an empty matcher", rule("{ country: {} }"), ["4:20 invalid-matcher"]],
    ["no value", rule("{ country: ~ }"), ["4:20 invalid-matcher"]],
    ["a country that YAML 1.1 reads as false", rule("{ country: NO }"), ["4:20 ambiguous-value"]],
    ["a number that loses a zero", rule("{ age: 4.10 }"), ["4:16 ambiguous-value"]],
    ["an octal number in a range", rule("{ age: { min: 010 } }"), ["4:23 ambiguous-value"]],
    ["a time of day", rule("{ country: 12:30 }"), ["4:20 ambiguous-value"]],
    ["a version without an operator", rule('{ app: "4.2.0" }'), ["4:16 invalid-version"]],
    ["a version that is a number", rule("{ app: 4.2 }"), ["4:16 invalid-version"]],
    ["a list of versions", rule('{ app: [ ">=4", ">=5" ] }'), ["4:16 invalid-list"]],
    [
      "ids of callers",
      rule("{ targetingKey: [ u1, u2 ] }"),
      ["4:11 personal-data"].map(() => "4:25 personal-data"),
    ],
    ["an e-mail address", rule('{ country: "ada@mealtrack.example" }'), ["4:20 personal-data"]],
    [
      "reserved keys in variants, in their values and in metadata",
      "enabled: true\nvariants:\n  constructor:\n    x: 1\n  b:\n    __proto__:\n      x: 1\nmetadata:\n  prototype: x\n",
      ["3:3 reserved-name", "6:5 reserved-name", "9:3 reserved-name"],
    ],
    ["an attribute called __proto__", rule("{ __proto__: SE }"), ["4:11 undeclared-attribute"]],
    ["an attribute called constructor", rule("{ constructor: SE }"), ["4:11 undeclared-attribute"]],
    ["one variant", "enabled: true\nvariants:\n  a: 1\n", ["3:3 invalid-variants"]],
    [
      "booleans as variants",
      "enabled: true\nvariants:\n  a: true\n  b: false\n",
      ["3:6 invalid-variants", "4:6 invalid-variants"],
    ],
    [
      "lists as variants",
      "enabled: true\nvariants:\n  a: [ 1 ]\n  b: [ 2 ]\n",
      ["3:6 invalid-variants", "4:6 invalid-variants"],
    ],
    [
      "a number as a variant's name",
      'enabled: true\nvariants:\n  "1": x\n  b: y\n',
      ["3:8 invalid-variants"],
    ],
    [
      "a negative weight",
      "enabled: true\nvariants:\n  a: 1\n  b: 2\nsplit:\n  a: -1\n  b: 1\n",
      ["6:6 out-of-range"],
    ],
    [
      "weights of 0",
      "enabled: true\nvariants:\n  a: 1\n  b: 2\nsplit:\n  a: 0\n  b: 0\n",
      ["6:3 invalid-split"],
    ],
    ["an unknown bucket", "enabled: true\nrollout: 5\nbucket: clinic\n", ["3:9 unknown-value"]],
    [
      "rules in a kill switch",
      `type: kill_switch\n${rule("{ country: SE }")}`,
      ["4:3 kill-switch-with-rules"],
    ],
    [
      "a block without enabled",
      "enabled: true\nenvironments:\n  qa:\n    rollout: 5\n",
      ["4:5 missing-key"],
    ],
    [
      "a credential beside another mistake",
      `enabled: true\nrollout: 0.00001\nseed: AKIA${"IOSFODNN7EXAMPLE"}\n`,
      ["2:10 invalid-rollout", "3:7 credential"],
    ],
  ])("%s", (_name, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});
