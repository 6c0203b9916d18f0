import { describe, expect, test } from "vitest";
import { isInRange } from "../../../schema/evaluate/version.ts";
import { processorTimeMs } from "../../setup/processor-time.ts";

describe("isInRange()", () => {
  /** The examples of SemVer 2.0, section 11, and more difficult ones. */
  const ascending = [
    "0.0.0",
    "0.0.9",
    "0.0.10",
    "0.9.0",
    "0.10.0",
    "1.0.0-1",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0-10.a",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-alpha-",
    "1.0.0-alpha0",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "2.0.0",
    "10.0.0",
    "9007199254740991.0.0",
  ];

  test("orders versions by SemVer 2.0", () => {
    const wrong = ascending.flatMap((a, at) =>
      ascending.flatMap((b, other) => {
        const answers = [at < other, at <= other, at > other, at >= other, at === other];
        const ranges = (["<", "<=", ">", ">=", "="] as const).map((op) => isInRange(a, op, b));
        return ranges.every((range, index) => range === answers[index]) ? [] : [`${a} and ${b}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test.each([
    ["v4.2.0", "=", "4.2.0"],
    ["V4.2.0", "=", "4.2.0"],
    ["4.2", "=", "4.2.0"],
    ["4", "=", "4.0.0"],
    ["v4", "<", "4.0.1"],
    ["4.2.0+build.01", "=", "4.2.0"],
    ["4.2.0-rc.1+build", "<", "4.2.0"],
    ["4.9.9", "^", "4.2.0"],
    ["4.0.0", "^", "4.2.0"],
    ["4.2.9", "~", "4.2.5"],
    ["4.2.0", "~", "4.2.5"],
  ] as const)("%s is %s%s", (version, operator, limit) => {
    expect(isInRange(version, operator, limit)).toBe(true);
  });

  test.each([
    ["5.0.0", "^", "4.2.0"],
    ["40.0.0", "^", "4.0.0"],
    ["4.3.0", "~", "4.2.0"],
    ["4.20.0", "~", "4.2.0"],
    ["5.2.0", "~", "4.2.0"],
  ] as const)("%s is not %s%s", (version, operator, limit) => {
    expect(isInRange(version, operator, limit)).toBe(false);
  });

  test.each([
    ...[
      "",
      "v",
      "a",
      "1.",
      ".1",
      "1..2",
      "1.2.3.4",
      "01.2.3",
      "1.02.3",
      "1.2.03",
      "1.2-rc",
      "1-rc",
    ],
    ...["1.2+build", "1.2.3-", "1.2.3-01", "1.2.3-a..b", "1.2.3-a.", "1.2.3-a.01", "1.2.3-.a"],
    ...[
      "1.2.3+",
      "1.2.3+a..b",
      "1.2.3+a+b",
      "1.2.3-ä",
      "1.2.3-a_b",
      " 1.2.3",
      "1.2.3\n",
      "vv1.2.3",
    ],
    ...[
      "-1.2.3",
      "1e3",
      "1.2.x",
      "*",
      "latest",
      `1.2.3-${"a".repeat(251)}`,
      "10000000000000000.0.0",
    ],
  ])("%j is no version and in no range", (text) => {
    const operators = ["<", "<=", ">", ">=", "=", "^", "~"] as const;
    expect(operators.filter((operator) => isInRange(text, operator, "1.2.3"))).toEqual([]);
    expect(operators.filter((operator) => isInRange("1.2.3", operator, text))).toEqual([]);
  });

  test.each([
    ["1.0.0-1-01", "an identifier with a hyphen may begin with 0 after it"],
    ["1.0.0-0a", "an identifier with a letter may begin with 0"],
    ["1.0.0+01", "a build may begin with 0"],
  ])("reads %s: %s", (version) => {
    expect(isInRange(version, "<=", "1.0.0")).toBe(true);
  });

  test("returns within a millisecond for a text of any length", () => {
    const texts = ["0", "1.", "a", "-a.", "1.0.0-0", "."].map((part) => part.repeat(300_000));
    const time = processorTimeMs(() => {
      for (const text of texts) isInRange(text, "<", "1.0.0");
      for (const text of texts) isInRange(`1.0.0-${text.slice(0, 250)}`, "<", "1.0.0");
    });
    expect(time).toBeLessThan(100);
  });

  test("answers the same after more versions than it remembers", () => {
    const all = Array.from({ length: 2_500 }, (_, at) => `1.${at}.0`);
    for (const version of [...all, ...all]) expect(isInRange(version, "~", version)).toBe(true);
    expect(isInRange("1.2499.0", ">", "1.0.0")).toBe(true);
  });
});
