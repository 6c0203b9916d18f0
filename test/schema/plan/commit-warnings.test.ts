import { describe, expect, test } from "vitest";
import { checkCommits, formatCommitWarning } from "../../../schema/plan/commit-warnings.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const now = 1_725_105_600;
const codes = (time: number, isPullMerge = false) =>
  checkCommits([{ commit, time, isPullMerge }], now).map(({ code }) => code);

describe("checkCommits()", () => {
  test.each([now - 1, now, now + 60])("accepts the date %d", (time) => {
    expect(codes(time)).toEqual([]);
  });

  test.each([
    [now + 61, "commit-date-ahead"],
    [now + 600, "commit-date-ahead"],
    [253_402_300_799, "commit-date-ahead"],
    [253_402_300_800, "commit-date-invalid"],
    [0, "commit-date-invalid"],
    [-1, "commit-date-invalid"],
    [Number.NaN, "commit-date-invalid"],
  ])("reports the date %d as %s", (time, code) => {
    expect(codes(time)).toEqual([code]);
  });

  test("reports a merge whose branch is not its first parent", () => {
    expect(codes(now, true)).toEqual(["pull-merge"]);
  });

  test("names the commit, what was found, and what to do", () => {
    const [warning] = checkCommits([{ commit, time: now + 600, isPullMerge: false }], now);
    expect(warning && formatCommitWarning(warning)).toBe(
      "warning: Commit 0123456 is dated 2024-08-31T12:10:00Z, ahead of the clock (2024-08-31T12:00:00Z) [commit-date-ahead]\n" +
        "  hint: later commits are served with this time until the clock reaches it; correct the committer's clock",
    );
  });
});
