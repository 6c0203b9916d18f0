import { expect, test } from "vitest";
import {
  findChangeScope,
  findDisallowedEnvironments,
} from "../../../schema/change/change-scope.ts";
import { defineFlag, type Values } from "../../../schema/change/define-flag.ts";

const file = "flags/billing/new_checkout.yaml";
const text = `# Ask billing first.
description: Check out in one step
enabled: true # since May
rollout: 10
rules:
  # They test it.
  - name: staff
    if: { plan: staff }
    enabled: true
  - name: old apps # until they are gone
    if: { app_version: "<4.2.0" }
    enabled: false
variants:
  one: 1 # the old page
  two: 2
owner: billing
environments:
  # A copy of production.
  staging:
    enabled: true # always
    rollout: 50
`;
const rule = (name: string, condition: Values) => ({ name, if: condition });
const staff = { ...rule("staff", { plan: "staff" }), enabled: true };
const old = { ...rule("old apps", { app_version: "<4.2.0" }), enabled: false };
const values: Values = {
  description: "Check out in one step",
  enabled: true,
  rollout: 10,
  rules: [staff, old],
  variants: { one: 1, two: 2 },
  owner: "billing",
  environments: { staging: { enabled: true, rollout: 50 } },
};

function define(value: Values, current = { file, text }) {
  return defineFlag("new_checkout", { form: "json", value }, current);
}

/** The removed and the added lines. */
function diff(value: Values): [minus: string[], plus: string[]] {
  const [before, after] = [text, define(value)?.flagFile?.text ?? text].map((one) =>
    one.split("\n"),
  ) as [string[], string[]];
  return [
    before.filter((line) => !after.includes(line)),
    after.filter((line) => !before.includes(line)),
  ];
}

test("defineFlag() changes nothing for the same values in another order of keys", () => {
  expect(define(Object.fromEntries(Object.entries(values).reverse()))).toBeUndefined();
});

test.each<[string, Values, string[], string[]]>([
  ["a percentage", { rollout: 30 }, ["rollout: 10"], ["rollout: 30"]],
  [
    "a rule among others",
    { rules: [staff, { ...rule("beta", { plan: "beta" }), rollout: 5 }, old] },
    [],
    ["  - name: beta", "    if: { plan: beta }", "    rollout: 5"],
  ],
  ["rules in another order", { rules: [old, staff] }, [], []],
  [
    "an environment",
    { environments: { staging: { enabled: false, rollout: 50 } } },
    ["    enabled: true # always"],
    ["    enabled: false # always"],
  ],
])("defineFlag() writes %s, and keeps the comments", (_what, change, minus, plus) => {
  const after = { ...values, ...change };
  expect(diff(after)).toEqual([minus, plus]);
  expect(define(after)?.flagFile?.text.match(/#/g)).toHaveLength(text.match(/#/g)?.length ?? 0);
});

test("defineFlag() writes variants in their order", () => {
  const changed = define({ ...values, variants: { two: 2, one: 1 } })?.flagFile?.text;
  expect(changed).toContain("variants:\n  two: 2\n  one: 1 # the old page\n");
});

test("defineFlag() deletes keys that are not given", () => {
  const { rollout: _, rules: __, environments: ___, description: ____, ...rest } = values;
  expect(define(rest)?.flagFile?.text).toBe(`# Ask billing first.
enabled: true # since May
variants:
  one: 1 # the old page
  two: 2
owner: billing
`);
});

test("defineFlag() puts a new description above all keys, below the comment about the file", () => {
  const bare = { file, text: "# Ask billing first.\nenabled: true # since May\n" };
  for (const more of [{}, { rollout: 5 }]) {
    const value = { enabled: true, description: "Check out", ...more };
    const rollout = "rollout" in more ? "rollout: 5\n" : "";
    expect(define(value, bare)?.flagFile?.text).toBe(
      `# Ask billing first.\ndescription: Check out\nenabled: true # since May\n${rollout}`,
    );
  }
});

test("defineFlag() names the keys that differ", () => {
  const after = { ...values, rollout: 30, environments: { staging: { enabled: false } } };
  expect(define(after)).toMatchObject({
    subject: "Update new_checkout",
    change: "environments.staging, rollout",
    files: [{ file }],
  });
});

test("defineFlag() moves a file from its owner's folder to the new owner's, and no other file", () => {
  const after = { ...values, owner: "growth-web" };
  const moved = define(after);
  expect(moved?.files.map((one) => one.file)).toEqual([file, "flags/growth-web/new_checkout.yaml"]);
  expect(moved?.files[0]).toEqual({ file });
  const elsewhere = { file: "flags/shop/checkout/new_checkout.yaml", text };
  expect(define(after, elsewhere)?.files.map((one) => one.file)).toEqual([elsewhere.file]);
  const { owner: _, ...ownerless } = values;
  expect(define(ownerless)?.flagFile?.file).toBe("flags/unowned/new_checkout.yaml");
});

const environments = ["production", "staging", "qa"];
const touched = (after: Values, before: Values | undefined = values) =>
  findChangeScope(before, after, environments);

test.each<[string, Values, string[], string[]]>([
  ["nothing", values, [], []],
  ["the root", { ...values, rollout: 20 }, ["production", "qa"], []],
  ["rules that decide nothing yet", { ...values, rules: [] }, ["production", "qa"], []],
  ["one block", { ...values, environments: { staging: { enabled: true } } }, ["staging"], []],
  [
    "a block that says what the root says",
    {
      ...values,
      environments: { ...(values.environments as Values), qa: { enabled: true, rollout: 10 } },
    },
    ["qa"],
    [],
  ],
  ["no block", { ...values, environments: {} }, ["staging"], []],
  ["a schedule", { ...values, schedule: [{ at: "2027" }] }, ["production", "qa"], []],
  ["what belongs to no environment", { ...values, owner: "b", seed: "x" }, [], ["owner", "seed"]],
])("findChangeScope() finds %s", (_what, after, expected, flagKeys) => {
  const { environments: found, flagKeys: keys } = touched(after);
  expect([found, keys]).toEqual([expected, flagKeys]);
});

test("findChangeScope() finds all environments of a new flag", () => {
  expect(findChangeScope(undefined, values, environments).environments).toEqual(environments);
});

test.each<[string, Values, boolean]>([
  ["disabling the root", { ...values, enabled: false }, true],
  ["disabling and another rule", { ...values, enabled: false, rules: [] }, false],
  ["disabling and another owner", { ...values, enabled: false, owner: "b" }, false],
  [
    "disabling by a block of its own",
    { ...values, environments: { qa: { enabled: false } } },
    false,
  ],
  ["a lower rollout", { ...values, rollout: 5 }, false],
])("findChangeScope() reports whether it is only %s", (_what, after, expected) => {
  expect(touched(after).onlyDisables).toBe(expected);
});

test("findDisallowedEnvironments() needs every environment for a change that belongs to none", () => {
  const [root, owner, nothing] = [{ ...values, rollout: 5 }, { ...values, owner: "b" }, values].map(
    (after) => touched(after),
  ) as [ReturnType<typeof touched>, ReturnType<typeof touched>, ReturnType<typeof touched>];
  expect(findDisallowedEnvironments(root, ["production", "qa"], environments)).toEqual([]);
  expect(findDisallowedEnvironments(root, ["staging"], environments)).toEqual(["production", "qa"]);
  expect(findDisallowedEnvironments(owner, ["staging"], environments)).toEqual([
    "production",
    "qa",
  ]);
  expect(findDisallowedEnvironments(nothing, ["qa"], environments)).toEqual([
    "production",
    "staging",
  ]);
  expect(findDisallowedEnvironments(nothing, undefined, environments)).toEqual([]);
});
