import fc from "fast-check";
import { expect, test } from "vitest";
import type { Definition } from "../../../schema/evaluate/definition.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { isOnForEveryone } from "../../../schema/evaluate/everyone.ts";
import { context, definitions } from "./definitions.ts";

const variants = [
  ["a", "1"],
  ["b", "2"],
] as const;
const swedes = { name: "swedes", if: [["country", "in", ["SE"]]] } as const;
const others = {
  on: { enabled: true },
  half: { enabled: true, rollout: 50 },
  excludes: { enabled: true, rules: [{ ...swedes, rollout: 0 }] },
  behind: { enabled: true, requires: ["half"] },
};

test.each<[string, Definition, boolean]>([
  ["a plain flag", { enabled: true }, true],
  ["a disabled flag", { enabled: false }, false],
  ["a rollout of 99.999", { enabled: true, rollout: 99.999 }, false],
  ["a rule that gives all", { enabled: true, rules: [{ ...swedes, rollout: 100 }] }, true],
  ["a rule that gives less", { enabled: true, rules: [{ ...swedes, rollout: 99 }] }, false],
  [
    "a rule for some and a rollout of 0",
    { enabled: true, rollout: 0, rules: [{ ...swedes, rollout: 100 }] },
    false,
  ],
  [
    "a rule with a variant",
    { enabled: true, variants, rules: [{ ...swedes, variant: "a" }] },
    true,
  ],
  ["a required flag that is on", { enabled: true, requires: ["on"] }, true],
  ["a required flag with a percentage", { enabled: true, requires: ["on", "half"] }, false],
  ["a required flag with a rule", { enabled: true, requires: ["excludes"] }, false],
  ["a required flag behind a percentage", { enabled: true, requires: ["behind"] }, false],
  ["a required flag that is missing", { enabled: true, requires: ["missing"] }, false],
  ["a cycle", { enabled: true, requires: ["flag"] }, false],
])("isOnForEveryone() with %s", (_, flag, answer) => {
  expect(isOnForEveryone({ flags: { ...others, flag } }, "flag")).toBe(answer);
});

test("isOnForEveryone() is false for an unknown flag, whatever its name", () => {
  for (const name of ["other", "__proto__", "constructor"]) {
    expect(isOnForEveryone({ flags: others }, name)).toBe(false);
  }
});

test("isOnForEveryone() is true only if no caller gets less", () => {
  const property = fc.property(definitions(), context(), ({ flags, audiences }, caller) => {
    const document = { flags: Object.fromEntries(flags), audiences: Object.fromEntries(audiences) };
    for (const [name, { variants: isVariantFlag }] of flags) {
      if (isVariantFlag || !isOnForEveryone(document, name)) continue;
      expect(evaluate(document, name, caller).value).toBe(true);
    }
  });
  fc.assert(property, { numRuns: 1_000 });
});
