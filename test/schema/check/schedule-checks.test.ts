import { describe, expect, test } from "vitest";
import { parseFlagFile } from "../../../schema/file/parsed-file.ts";
import { problemsIn } from "../../../schema/problem/problem.ts";
import { normalizeProject } from "../../../schema/project/project.ts";

const project = normalizeProject({ environments: ["production", "qa"] }, "");

/** `line:column code` of each problem in a flag of the team billing, on a day or at a time. */
function problemsOf(text: string, today = "2026-01-01"): string[] {
  const whole = `description: Check out in one step\nowner: billing\n${text}`;
  const { findings } = parseFlagFile(new TextEncoder().encode(whole), project);
  return problemsIn("a.yaml", findings, today).map(
    ({ line, column, code }) => `${line - 2}:${column} ${code}`,
  );
}

const first = "{ at: 2027-01-11T08:00:00Z, rollout: 25 }";
const flag = (...steps: string[]) =>
  `enabled: true\nrollout: 5\nschedule:\n${steps.map((step) => `  - ${step}\n`).join("")}`;

describe("parseFlagFile() accepts", () => {
  test.each([
    ["a schedule", flag(first, "{ at: 2027-01-11T08:00:01Z, enabled: true }")],
    ["an empty schedule", "enabled: true\nschedule: []\n"],
    ["an empty schedule of a disabled flag", "enabled: false\nschedule: []\n"],
    ["ten steps", flag(...times(10))],
    ["a last step that disables", flag(first, "{ at: 2027-02-01T00:00:00Z, enabled: false }")],
    ["a step on the day before the end", `${flag(first)}expires: 2027-01-12\n`],
    [
      "a step that disables a kill switch",
      "type: kill_switch\nenabled: true\nschedule:\n  - { at: 2027-01-11T08:00:00Z, enabled: false }\n",
    ],
    [
      "a schedule in an environment of a disabled flag",
      `enabled: false\nenvironments:\n  qa:\n    enabled: true\n    schedule:\n      - ${first}\n`,
    ],
  ])("%s", (_name, text) => {
    expect(problemsOf(text)).toEqual([]);
  });
});

describe("parseFlagFile() refuses", () => {
  test.each([
    [
      "a time of another zone",
      flag("{ at: 2027-01-11T08:00:00+00:00, rollout: 25 }"),
      ["4:11 invalid-time"],
    ],
    [
      "a time with milliseconds",
      flag("{ at: 2027-01-11T08:00:00.000Z, rollout: 25 }"),
      ["4:11 invalid-time"],
    ],
    ["a day", flag("{ at: 2027-01-11, rollout: 25 }"), ["4:11 invalid-time"]],
    ["a leap second", flag("{ at: 2026-12-31T23:59:60Z, rollout: 25 }"), ["4:11 invalid-time"]],
    ["a number as a time", flag("{ at: 20270111, rollout: 25 }"), ["4:11 wrong-type"]],
    ["a step without a time", flag("{ rollout: 25 }"), ["4:5 missing-key"]],
    [
      "another key in a step",
      flag("{ at: 2027-01-11T08:00:00Z, variant: a }"),
      ["4:33 unknown-key"],
    ],
    ["a step without an outcome", flag("{ at: 2027-01-11T08:00:00Z }"), ["4:5 step-outcome"]],
    [
      "a step with two outcomes",
      flag("{ at: 2027-01-11T08:00:00Z, enabled: true, rollout: 100 }"),
      ["4:5 step-outcome"],
    ],
    [
      "a rollout that is too fine",
      flag("{ at: 2027-01-11T08:00:00Z, rollout: 0.0001 }"),
      ["4:42 invalid-rollout"],
    ],
    [
      "a rollout out of range",
      flag("{ at: 2027-01-11T08:00:00Z, rollout: 101 }"),
      ["4:42 out-of-range"],
    ],
    ["the same time twice", flag(first, first), ["5:11 schedule-order"]],
    [
      "an earlier step after a later one",
      flag(first, "{ at: 2026-12-31T08:00:00Z, rollout: 50 }"),
      ["5:11 schedule-order"],
    ],
    [
      "a step on the day of the end",
      `${flag(first)}expires: 2027-01-11\n`,
      ["4:11 schedule-after-expiry"],
    ],
    ["eleven steps", flag(...times(11)), ["4:3 schedule-too-long"]],
    [
      "a schedule of a disabled flag",
      `enabled: false\nschedule:\n  - ${first}\n`,
      ["3:3 schedule-while-disabled"],
    ],
    [
      "a schedule of a disabled flag that enables it",
      "enabled: false\nschedule:\n  - { at: 2027-01-11T08:00:00Z, enabled: true }\n",
      ["3:3 schedule-while-disabled"],
    ],
    [
      "a schedule of a disabled environment",
      `enabled: true\nenvironments:\n  qa:\n    enabled: false\n    schedule:\n      - ${first}\n`,
      ["6:7 schedule-while-disabled"],
    ],
    [
      "a step after one that disables",
      flag("{ at: 2027-01-01T00:00:00Z, enabled: false }", first),
      ["5:5 schedule-while-disabled"],
    ],
    [
      "a rollout in a step of a kill switch",
      `type: kill_switch\nenabled: true\nschedule:\n  - ${first}\n`,
      ["4:42 kill-switch-with-rules"],
    ],
  ])("%s", (_name, text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });
});

test("parseFlagFile() warns of a step in the past from its second on", () => {
  const text = flag(first, "{ at: 2027-01-18T08:00:00Z, rollout: 50 }");
  expect(problemsOf(text, "2027-01-11")).toEqual([]);
  expect(problemsOf(text, "2027-01-11T07:59:59Z")).toEqual([]);
  expect(problemsOf(text, "2027-01-11T08:00:00Z")).toEqual(["4:11 step-in-past"]);
  expect(problemsOf(text, "2027-01-12")).toEqual(["4:11 step-in-past"]);
});

function times(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `{ at: 2027-01-11T08:00:${String(index).padStart(2, "0")}Z, rollout: ${index} }`,
  );
}
