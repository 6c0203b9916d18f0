import { MemoryStorage } from "@openfeature/flagd-core";
import { describe, expect, test } from "vitest";
import { compileFlagd } from "../../../schema/definitions/flagd.ts";
import type { Condition, Definition } from "../../../schema/evaluate/definition.ts";
import { audiences, definedFlag, definedFlags } from "./defined-flags.ts";

const silent = { error() {}, warn() {}, info() {}, debug() {} };
const id = { var: "targetingKey" };
const guard = [
  { "!==": [id, null] },
  {
    if: [
      { starts_with: [id, ""] },
      { "!==": [id, ""] },
      { "!==": [{ fractional: [{ cat: ["-"] }, [id, 1]] }, null] },
    ],
  },
];

function compileOne(definition: Definition, others: Record<string, Definition> = {}) {
  const all = Object.entries({ ...others, flag: definition });
  const flags = all.map(([name, other]) => definedFlag(name, other));
  return JSON.parse(compileFlagd(definedFlags(flags, audiences))).flags.flag;
}

describe("compileFlagd()", () => {
  test("compiles constant flags without targeting, and never as DISABLED", () => {
    const flag = {
      state: "ENABLED",
      variants: { on: true, off: false },
      metadata: { description: "Describes flag", owner: "team" },
    };
    const off = { ...flag, defaultVariant: "off" };
    expect(compileOne({ enabled: true })).toEqual({ ...flag, defaultVariant: "on" });
    expect(compileOne({ enabled: false })).toEqual(off);
    expect(compileOne({ enabled: true, rollout: 0 })).toEqual(off);
    expect(compileOne({ enabled: true, requires: ["p"] }, { p: { enabled: false } })).toEqual(off);
    expect(compileOne({ enabled: true, requires: ["p"] }, { p: { enabled: true } })).toEqual({
      ...flag,
      defaultVariant: "on",
    });
  });

  test("compiles a percentage with text arms, an explicit seed and a guard", () => {
    const fractional = [{ cat: ["flag:", id] }, ["in", 33_333], ["out", 66_667]];
    expect(compileOne({ enabled: true, rollout: 33.333 }).targeting).toEqual({
      if: [{ and: [...guard, { "===": [{ fractional }, "in"] }] }, "on", null],
    });
  });

  test("compiles a split with the second hash, in file order, under the same guard", () => {
    const variants = [
      ["10", "a"],
      ["2", "b"],
    ] as const;
    const flag = compileOne({ enabled: true, variants, split: [0, 3], seed: "old" });
    expect(flag.defaultVariant).toBe("10");
    expect(flag.targeting).toEqual({
      if: [
        { and: guard },
        { fractional: [{ cat: ["old:variant:", id] }, ["10", 0], ["2", 3]] },
        null,
      ],
    });
  });

  test("compiles a required flag with its own seed, compared with `on`", () => {
    const parent = { enabled: true, rollout: 50 };
    const expression = compileOne(parent, {}).targeting;
    const required = JSON.parse(JSON.stringify(expression).replaceAll('"flag:"', '"parent:"'));
    expect(compileOne({ enabled: true, requires: ["parent"] }, { parent }).targeting).toEqual({
      if: [{ "===": [required, "on"] }, "on", null],
    });
  });

  const country = { var: "country" };
  const age = { var: "age" };
  const isNumber = [
    { "!==": [age, null] },
    { "!": [{ starts_with: [age, ""] }] },
    { "!==": [age, true] },
    { "!==": [age, false] },
    { "===": [{ fractional: [{ cat: ["-"] }, [age, 1]] }, age] },
  ];
  test.each<[Condition, object]>([
    [["country", "in", ["SE"]], { "===": [country, "SE"] }],
    [
      ["country", "in", ["SE", "DK"]],
      { and: [{ starts_with: [country, ""] }, { in: [country, ["SE", "DK"]] }] },
    ],
    [["age", "in", [true, false]], { or: [{ "===": [age, true] }, { "===": [age, false] }] }],
    [["age", "in", [18]], { "===": [age, 18] }],
    [
      ["country", "not", ["SE"]],
      { and: [{ starts_with: [country, ""] }, { "!": [{ "===": [country, "SE"] }] }] },
    ],
    [["country", "starts_with", "S"], { starts_with: [country, "S"] }],
    [["country", "ends_with", "E"], { ends_with: [country, "E"] }],
    [["age", "min", 18], { and: [...isNumber, { ">=": [age, 18] }] }],
    [["age", "max", 17], { and: [...isNumber, { "<=": [age, 17] }] }],
    [["age", "not", [1, 2]], { and: [...isNumber, { "!": [{ in: [age, [1, 2]] }] }] }],
    [
      ["country", "~", "4.2.0"],
      { and: [{ starts_with: [country, ""] }, { sem_ver: [country, "~", "4.2.0"] }] },
    ],
    [
      ["audience", "is", "nordic"],
      { and: [{ starts_with: [country, ""] }, { in: [country, ["SE", "DK", "NO"]] }] },
    ],
  ])("compiles the condition %j", (condition, logic) => {
    const rules = [{ name: "rule", if: [condition], rollout: 100 }];
    expect(compileOne({ enabled: true, rollout: 0, rules }).targeting).toEqual({
      if: [logic, "on", null],
    });
  });

  test("never matches a rule whose audience is unknown", () => {
    const rules = [{ name: "rule", if: [["audience", "is", "nobody"]], rollout: 100 }] as const;
    expect(compileOne({ enabled: true, rollout: 0, rules }).targeting).toBeUndefined();
  });

  test("leaves out private flags, and gives the same bytes in any order", () => {
    const flags = [
      definedFlag("b", { enabled: true, rollout: 5 }),
      definedFlag("a", { enabled: true }, { description: undefined, owner: undefined }),
      definedFlag("hidden", { enabled: true, rollout: 7 }, { private: true }),
    ];
    const text = compileFlagd(definedFlags(flags));
    expect(Object.keys(JSON.parse(text).flags)).toEqual(["a", "b"]);
    expect(JSON.parse(text).flags.a).not.toHaveProperty("metadata");
    expect(compileFlagd(definedFlags(flags.toReversed()))).toBe(text);
  });

  test("of no flags passes the strict schema", () => {
    const storage = new MemoryStorage(silent);
    expect(storage.setConfigurations(compileFlagd(definedFlags([])), true)).toEqual([]);
  });

  /** Fails if a new version of flagd-core hashes in another way: its major versions have done so. */
  test("gives flagd-core the buckets of the hash, version 2", () => {
    const storage = new MemoryStorage(silent);
    // "flag:u1" is in bucket 10,057 of 100,000 (mmh3 for Python).
    const flags = [10.057, 10.058].map((rollout) =>
      definedFlag(`flag_${rollout}`, { enabled: true, rollout, seed: "flag" }),
    );
    storage.setConfigurations(compileFlagd(definedFlags(flags)), true);
    const answers = flags.map(
      ({ name }) => storage.getFlag(name)?.evaluate({ targetingKey: "u1" }, silent).value,
    );
    expect(answers).toEqual([false, true]);
  });
});
