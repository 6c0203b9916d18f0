import { describe, expect, test } from "vitest";
import type { WaitingChange } from "../../../schema/compile/manifest.ts";
import { findExceededLimits, findRemovedEnvironments } from "../../../schema/plan/limits.ts";
import type { Limits } from "../../../schema/project/project.ts";

const limits: Limits = { remove: 20, turn: 50, at_least: 0 };

/** `flag_0`, `flag_1` and so on. */
function names(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `flag_${from + index}`);
}

function removal(served: number, removed: number, given = limits, waiting?: WaitingChange[]) {
  const size = served - removed;
  return findExceededLimits({ removed: names(removed), on: [], served, size }, given, waiting);
}

function turnOn(served: number, on: number, given = limits, waiting?: WaitingChange[]) {
  return findExceededLimits({ removed: [], on: names(on), served, size: served }, given, waiting);
}

function wait(change: WaitingChange["change"], flags: readonly string[]): WaitingChange[] {
  return flags.map((flag) => ({ flag, change, served: "9f8e7d6" }));
}

describe("findExceededLimits()", () => {
  test.each([
    [10, 2, 20, false],
    [10, 3, 20, true],
    [5, 1, 20, false],
    [4, 1, 20, true],
    [1000, 200, 20, false],
    [1000, 201, 20, true],
    [3, 1, 33.3, true],
    [3, 1, 33.4, false],
    [10, 1, 0, true],
    [10, 0, 0, false],
    [10, 9, 100, false],
  ])("of %i flags removes %i, with a limit of %d %%: %s", (served, removed, remove, isOver) => {
    const found = removal(served, removed, { ...limits, remove });
    expect(found.map(({ flags }) => flags)).toEqual(isOver ? [names(removed)] : []);
  });

  test.each([
    [10, 5, 50, false],
    [10, 6, 50, true],
    [3, 1, 50, false],
    [3, 2, 50, true],
    [4, 4, 100, false],
  ])("of %i flags turns on %i, with a limit of %d %%: %s", (served, on, turn, isOver) => {
    const found = turnOn(served, on, { ...limits, turn });
    expect(found.map(({ flags }) => flags)).toEqual(isOver ? [names(on)] : []);
  });

  test("permits `at_least` flags, also if their share is larger", () => {
    const some: Limits = { ...limits, at_least: 5 };
    expect(removal(6, 5, some)).toEqual([]);
    expect(removal(7, 6, some)).toHaveLength(1);
    expect(turnOn(5, 5, some)).toEqual([]);
    expect(turnOn(6, 6, some)).toHaveLength(1);
  });

  test("never permits the removal of all flags", () => {
    expect(removal(2, 2, { ...limits, at_least: 5 })[0]?.reason).toBe(
      "it removes 2 of 2 flags (100 %), and no flag would be left",
    );
  });

  test("gives the share and the limit in the reason", () => {
    expect(removal(26, 22)[0]?.reason).toBe(
      "it removes 22 of 26 flags (84.6 %), and 20 % or 0 flags is the limit",
    );
    expect(turnOn(4, 3, { ...limits, at_least: 1 })[0]?.reason).toBe(
      "it turns on 3 of 4 flags (75 %), and 50 % or 1 flag is the limit",
    );
  });

  test("does not count changes that wait already against new ones", () => {
    const waiting = wait("removal", names(5));
    expect(removal(10, 5, limits, waiting)[0]?.flags).toEqual(names(5));
    expect(removal(10, 6, limits, waiting)[0]?.flags).toEqual(names(5));
    expect(removal(10, 8, limits, waiting)[0]?.flags).toEqual(names(8));
    expect(turnOn(10, 6, limits, wait("switch-on", names(6)))[0]?.flags).toEqual(names(6));
    expect(turnOn(10, 7, limits, wait("switch-on", names(6)))[0]?.flags).toEqual(names(6));
    expect(turnOn(10, 6, limits, wait("removal", names(6)))[0]?.flags).toEqual(names(6));
  });

  test("ends a wait if the limit was raised, or the rest of the changes is within it", () => {
    const waiting = wait("removal", names(5));
    expect(removal(10, 5, { ...limits, remove: 60 }, waiting)).toEqual([]);
    expect(removal(10, 2, limits, waiting)).toEqual([]);
  });

  test("finds two exceeded limits at once, and none in a first publication", () => {
    const both = { removed: names(3), on: names(6, 3), served: 10, size: 7 };
    expect(findExceededLimits(both, limits).map(({ change }) => change)).toEqual([
      "removal",
      "switch-on",
    ]);
    expect(findExceededLimits({ removed: [], on: [], served: 0, size: 9 }, limits)).toEqual([]);
  });
});

test("findRemovedEnvironments() counts the flags of an environment as removals", () => {
  const gone = [{ environment: "qa", served: 6 }];
  const some = { ...limits, at_least: 5 };
  expect(findRemovedEnvironments(gone, some)).toEqual([
    'it removes the environment "qa" with all of its 6 flags, and 20 % or 5 flags is the limit',
  ]);
  expect(findRemovedEnvironments(gone, { ...some, at_least: 6 })).toEqual([]);
  expect(findRemovedEnvironments(gone, { ...some, remove: 100 })).toEqual([]);
});
