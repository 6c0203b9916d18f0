import { expect, test } from "vitest";
import { normalize } from "../../../schema/flag/flag.ts";
import { findDueSteps, nextStepTime, stepsIn } from "../../../schema/flag/schedule.ts";

const project = { environments: ["production", "staging", "qa"], attributes: {} };
const at = (day: number) => `2027-01-${String(day).padStart(2, "0")}T08:00:00Z`;
const timeMs = (day: number) => Date.parse(at(day));

const checkout = normalize(
  "checkout",
  {
    enabled: true,
    rollout: 5,
    schedule: [
      { at: at(2), rollout: 25 },
      { at: at(4), enabled: true },
    ],
    environments: { staging: { enabled: true, schedule: [{ at: at(3), enabled: false }] } },
  },
  project,
);
const banner = normalize(
  "banner",
  { enabled: true, schedule: [{ at: at(2), rollout: 50 }] },
  project,
);
const plain = normalize("plain", { enabled: true }, project);

test("normalize() gives a schedule to the environments that its block decides", () => {
  expect(checkout.schedules).toEqual([
    {
      block: "production",
      environments: ["production", "qa"],
      steps: [
        { at: at(2), rollout: 25 },
        { at: at(4), rollout: 100 },
      ],
    },
    { block: "staging", environments: ["staging"], steps: [{ at: at(3), enabled: false }] },
  ]);
  expect(plain.schedules).toEqual([]);
});

test("stepsIn() gives the steps of an environment, of its own block or of the top", () => {
  expect(stepsIn(checkout, "qa")).toEqual(stepsIn(checkout, "production"));
  expect(stepsIn(checkout, "staging")).toEqual([{ at: at(3), enabled: false }]);
  expect(stepsIn(plain, "qa")).toEqual([]);
});

test("findDueSteps() returns each late step once, in order, from its second on", () => {
  const due = (nowMs: number) =>
    findDueSteps([checkout, banner, plain], nowMs).map(
      ({ flag, block, step }) => `${flag} ${block} ${step.at}`,
    );
  expect(due(timeMs(2) - 1)).toEqual([]);
  const first = [`banner production ${at(2)}`, `checkout production ${at(2)}`];
  expect(due(timeMs(2))).toEqual(first);
  expect(due(timeMs(9))).toEqual([
    ...first,
    `checkout staging ${at(3)}`,
    `checkout production ${at(4)}`,
  ]);
});

test("nextStepTime() is the time of the earliest step that is not due", () => {
  expect(nextStepTime([checkout, banner], 0)).toBe(timeMs(2));
  expect(nextStepTime([checkout, banner], timeMs(2))).toBe(timeMs(3));
  expect(nextStepTime([checkout, banner], timeMs(4))).toBeUndefined();
});
