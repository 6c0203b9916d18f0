/** Outputs contain all that flags refer to: a few small files must not need gigabytes. */
import { expect, test } from "vitest";
import { compileFlagd } from "../../../schema/definitions/flagd.ts";
import type { Condition } from "../../../schema/evaluate/definition.ts";
import { findReferenceProblemsOf } from "../../../schema/file/reference-problems.ts";
import { maxReferenceBytes } from "../../../schema/file/required-chains.ts";
import { type FlagFile, normalize } from "../../../schema/flag/flag.ts";

const project = { environments: ["live", "staging"], attributes: { plan: "string" } } as const;
/** 500 values of 100 characters. */
const plans = Array.from({ length: 500 }, (_, at) => `${at}`.padStart(100, "p"));
const staff: Condition = ["plan", "in", plans];
const audiences = [{ name: "staff", conditions: [staff] }];

function flag(name: string, rules: number, requires: readonly string[] = []) {
  const file: FlagFile = {
    enabled: true,
    rules: Array.from({ length: rules }, (_, at) => ({
      name: `rule ${at}`,
      if: { audience: "staff" },
      rollout: at % 2 === 0 ? 10 : 20,
    })),
    requires,
  };
  return normalize(name, file, project);
}

test("an audience in many rules of many flags is refused once the outputs would be too large", () => {
  const few = [flag("a", 100), flag("b", 100), flag("c", 100)];
  expect(findReferenceProblemsOf(few, audiences)).toEqual([]);
  const [fault, ...others] = findReferenceProblemsOf([...few, flag("d", 20)], audiences);
  expect(others).toEqual([]);
  expect(fault).toMatchObject({ code: "references-too-large", flag: "a", name: "staff" });
  expect(fault?.message).toMatch(/need 16\.\d MB for it, 5\.\d MB of them for this flag/);
});

test("a required flag counts in each flag that requires it", () => {
  const base = flag("base", 60);
  const dependents = ["a", "b", "c", "d"].map((name) => flag(name, 0, ["base"]));
  expect(findReferenceProblemsOf([base, ...dependents], audiences)).toEqual([]);
  const [fault] = findReferenceProblemsOf([base, ...dependents, flag("e", 0, ["base"])], audiences);
  expect(fault).toMatchObject({ code: "references-too-large", flag: "a" });
});

test("flagd.json of flags near the limit is about as large as the limit says", () => {
  const flags = [flag("a", 100), flag("b", 100), flag("c", 100)].map((one) => ({
    ...one,
    definition: one.decisions.live ?? { enabled: false },
  }));
  const body = compileFlagd({
    environment: "live",
    flags,
    audiences: new Map([["staff", [staff]]]),
  });
  expect(body.length).toBeGreaterThan(maxReferenceBytes / 2);
  expect(body.length).toBeLessThan(2 * maxReferenceBytes);
});
