import { expect, test } from "vitest";
import { lastSecond, timeAfter } from "../../../schema/flag/commit-time.ts";
import { timestamp } from "../../../schema/flag/snapshot.ts";

test.each([
  [0, 100, 100],
  [200, 100, 200],
  [200, -5, 200],
  [0, -5, 0],
  [0, Number.NaN, 0],
  [0, 253_402_300_800, lastSecond],
  [0, 1e30, lastSecond],
  [0, 1.5, 1],
])("timeAfter(%d, %d) is %d", (previous, seconds, expected) => {
  expect(timeAfter(previous, seconds)).toBe(expected);
});

test("lastSecond is the last timestamp with four digits for the year", () => {
  expect(timestamp(lastSecond)).toBe("9999-12-31T23:59:59Z");
});
