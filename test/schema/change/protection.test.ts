import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findProtectedEnvironments, onlyDisables } from "../../../schema/change/protection.ts";
import { compileFlagResponse } from "../../../schema/compile/flag-parts.ts";
import type { TimedFlag } from "../../../schema/flag/snapshot.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { decisionsOf, flagOf } from "../snapshots.ts";

const { environments } = defaultProject;

const all = { environments, protected: environments };

/** A flag with a digit for each environment in `states`: `1` is on. */
function flag(states: string, more: Partial<TimedFlag> = {}): TimedFlag {
  const on = environments.map((name, index) => [name, states[index] === "1"]);
  return flagOf("meal_planning", { decisions: decisionsOf(Object.fromEntries(on)), ...more });
}

function bodyOf(environment: string, flag: TimedFlag): string {
  return compileFlagResponse(defaultProject, environment, flag).body;
}

describe("findProtectedEnvironments()", () => {
  test.each([
    ["100", "000", ["application"]],
    ["111", "000", ["application", "staging", "development"]],
    ["101", "111", ["staging"]],
    ["101", "101", []],
  ])("names the environments in which the flag goes on or off: %s to %s", (from, to, names) => {
    expect(findProtectedEnvironments(all, { before: flag(from), after: flag(to) })).toEqual(names);
  });

  test("names every environment for another description, a new flag and a deleted one", () => {
    const [before, after] = [flag("000"), flag("000", { description: "Plan meals" })];
    expect(findProtectedEnvironments(all, { before, after })).toEqual(environments);
    expect(findProtectedEnvironments(all, { before: undefined, after })).toEqual(environments);
    expect(findProtectedEnvironments(all, { before, after: undefined })).toEqual(environments);
  });

  test("names none for changes that clients do not see, or without a flag", () => {
    const [before, after] = [flag("100"), flag("100", { owner: "growth", updated_at: "later" })];
    expect(findProtectedEnvironments(all, { before, after })).toEqual([]);
    expect(findProtectedEnvironments(all, { before: undefined, after: undefined })).toEqual([]);
  });

  test("names only protected environments", () => {
    const sides = { before: flag("000"), after: flag("110") };
    expect(findProtectedEnvironments({ environments, protected: ["staging"] }, sides)).toEqual([
      "staging",
    ]);
    expect(findProtectedEnvironments({ environments, protected: [] }, sides)).toEqual([]);
    expect(findProtectedEnvironments(defaultProject, sides)).toEqual([]);
  });

  test("names exactly the environments whose responses differ, times aside", () => {
    const any = fc.record({
      states: fc.constantFrom("000", "001", "010", "011", "100", "101", "110", "111"),
      description: fc.constantFrom("", "Plan meals"),
      owner: fc.constantFrom("", "growth"),
    });
    fc.assert(
      fc.property(any, any, (one, other) => {
        const { states, ...rest } = one;
        const { states: theirs, ...others } = other;
        const [before, after] = [flag(states, rest), flag(theirs, others)];
        const differ = environments.filter((name) => bodyOf(name, before) !== bodyOf(name, after));
        expect(findProtectedEnvironments(all, { before, after })).toEqual(differ);
      }),
    );
  });
});

describe("onlyDisables()", () => {
  test.each([
    ["111", "011", true],
    ["111", "000", true],
    ["101", "101", true],
    ["011", "111", false],
    ["100", "010", false],
  ])("from %s to %s is %s", (from, to, only) => {
    expect(onlyDisables({ before: flag(from), after: flag(to) })).toBe(only);
  });

  test("is false if anything else changes", () => {
    const [before, after] = [flag("111"), flag("000", { description: "Off for now" })];
    expect(onlyDisables({ before, after })).toBe(false);
    expect(onlyDisables({ before, after: undefined })).toBe(false);
    expect(onlyDisables({ before: undefined, after })).toBe(false);
  });
});
