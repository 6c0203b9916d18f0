import fc from "fast-check";
import { expect, test } from "vitest";
import type { Definition, Definitions } from "../../../schema/evaluate/definition.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { type Flag, isOn } from "../../../schema/flag/flag.ts";
import { linkFlags } from "../../../schema/flag/link.ts";
import { context, definitions } from "../evaluate/definitions.ts";
import { flagOf } from "../snapshots.ts";

/** Flags with these definitions in one environment. */
function flagsOf({ flags }: Pick<Definitions, "flags">): Flag[] {
  return Object.entries(flags).map(([name, definition]) => {
    const { requires = [], rules = [] } = definition;
    const conditions = rules.flatMap((rule) => rule.if);
    const audiences = conditions.flatMap(([, operator, operand]) =>
      operator === "is" ? [operand] : [],
    );
    return flagOf(name, { requires, audiences, decisions: { live: definition } });
  });
}

function audiencesOf({ audiences = {} }: Pick<Definitions, "audiences">) {
  return Object.entries(audiences).map(([name, conditions]) => ({ name, conditions }));
}

function isOnForEveryone(document: Definitions, name: string): boolean {
  const flags = linkFlags(flagsOf(document), audiencesOf(document));
  return flags.some((flag) => flag.name === name && isOn(flag, "live"));
}

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
])("isOn() of a linked flag with %s", (_, flag, answer) => {
  expect(isOnForEveryone({ flags: { ...others, flag } }, "flag")).toBe(answer);
});

test("isOn() of a linked flag is true only if no caller gets less", () => {
  const property = fc.property(definitions(), context(), ({ flags, audiences }, caller) => {
    const document = { flags: Object.fromEntries(flags), audiences: Object.fromEntries(audiences) };
    for (const [name, { variants: isVariantFlag }] of flags) {
      if (isVariantFlag || !isOnForEveryone(document, name)) continue;
      expect(evaluate(document, name, caller).value).toBe(true);
    }
  });
  fc.assert(property, { numRuns: 1_000 });
});

test("isOn() of a flag that is not linked is false if it requires another", () => {
  const [flag] = flagsOf({ flags: { flag: { enabled: true, requires: ["on"] } } });
  expect(flag && isOn(flag, "live")).toBe(false);
});

test("linkFlags() follows at most five required flags, as the evaluator does", () => {
  const flags = Object.fromEntries(
    Array.from({ length: 8 }, (_, at): [string, Definition] => [
      `f${at}`,
      { enabled: true, ...(at > 0 && { requires: [`f${at - 1}`] }) },
    ]),
  );
  const answers = Object.keys(flags).map((name) => isOnForEveryone({ flags }, name));
  expect(answers).toEqual([true, true, true, true, true, true, false, false]);
  expect(Object.keys(flags).map((name) => evaluate({ flags }, name).value)).toEqual(answers);
});

test("linkFlags() gives a flag a new object if and only if something it refers to changes", () => {
  const staff = { name: "staff", conditions: [["country", "in", ["SE"]]] as const };
  const rules = [{ name: "staff", if: [["audience", "is", "staff"]], rollout: 100 }] as const;
  const child = { enabled: true, requires: ["parent"] };
  const other = { enabled: true, rollout: 50, rules };
  const before = linkFlags(
    flagsOf({
      flags: {
        parent: { enabled: true },
        child,
        grandchild: { enabled: true, requires: ["child"] },
        other,
      },
    }),
    [staff],
  );
  expect(linkFlags(before, [staff])).toEqual(before);
  const changedBy = (flags: readonly Flag[], audiences: readonly (typeof staff)[]) =>
    linkFlags(flags, audiences)
      .filter((flag, at) => flag !== flags[at])
      .map(({ name }) => name);
  expect(changedBy(before, [staff])).toEqual([]);
  const moved = { ...staff, conditions: [["country", "in", ["DK"]]] as const };
  expect(changedBy(before, [moved as unknown as typeof staff])).toEqual(["other"]);
  const off = before.map((flag) =>
    flag.name === "parent" ? { ...flag, decisions: { live: { enabled: false } } } : flag,
  );
  expect(changedBy(off, [staff])).toEqual(["child", "grandchild"]);
});
