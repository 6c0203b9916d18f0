import { expect, test } from "vitest";
import { findProtectedEnvironments, onlyDisables } from "../../../schema/change/protection.ts";
import { type FlagFile, normalize } from "../../../schema/flag/flag.ts";
import type { Step } from "../../../schema/flag/schedule.ts";
import type { TimedFlag } from "../../../schema/flag/snapshot.ts";
import { parsePlan } from "../../../schema/github/artifact.ts";
import { formatPlanComment } from "../../../schema/github/plan-comment.ts";
import { plan } from "../../../schema/plan/plan.ts";
import { describeSteps } from "../../../schema/plan/steps.ts";
import { formatPlan, formatPlanMarkdown } from "../../../schema/plan-text/format.ts";
import { normalizeProject } from "../../../schema/project/project.ts";

const project = normalizeProject(
  { environments: ["production", "staging"], protected: ["production"] },
  "",
);
const quarter: Step = { at: "2027-01-11T08:00:00Z", rollout: 25 };
const everyone: Step = { at: "2027-01-18T08:00:00Z", rollout: 100 };
const end: Step = { at: "2027-02-01T08:00:00Z", enabled: false };

test.each<[readonly Step[], readonly Step[], string[]]>([
  [
    [],
    [quarter],
    ["step added: 25 % at 2027-01-11T08:00:00Z", "next: 25 % at 2027-01-11T08:00:00Z"],
  ],
  [[end], [], ["step removed: off at 2027-02-01T08:00:00Z"]],
  [
    [quarter, everyone],
    [{ ...quarter, rollout: 30 }, everyone],
    [
      "step changed: 25 % → 30 % at 2027-01-11T08:00:00Z",
      "next: 30 % at 2027-01-11T08:00:00Z, on at 2027-01-18T08:00:00Z",
    ],
  ],
  [[everyone], [everyone], ["next: on at 2027-01-18T08:00:00Z"]],
])("describeSteps() from %j to %j is %j", (before, after, words) => {
  expect(describeSteps({ before, after })).toEqual(words);
});

const commit = "1".repeat(40);
const time = "2026-01-01T00:00:00Z";
const before = flagOf({ enabled: true, rollout: 5, environments: { staging: { enabled: true } } });
const after = flagOf({
  enabled: true,
  rollout: 5,
  schedule: [quarter, everyone],
  environments: { staging: { enabled: true } },
});

function flagOf(file: FlagFile): TimedFlag {
  const facts = { file: "flags/billing/invoices.yaml", object: JSON.stringify(file) };
  return { ...normalize("invoices", file, project), ...facts, created_at: time, updated_at: time };
}

function planOf(was: TimedFlag, is: TimedFlag) {
  const of = (flag: TimedFlag) => ({
    ...{ commit, committed_at: time, updated_at: time },
    ...{ flags: [flag], audiences: [], project },
  });
  return plan(of(was), of(is));
}

test("formatPlan() shows an added schedule and the current state", () => {
  expect(formatPlan(planOf(before, after))).toBe(
    [
      "Plan 1111111 → 1111111: 1 flag changes its schedule in production",
      "",
      "production",
      "  ~ invoices: 5 %; step added: 25 % at 2027-01-11T08:00:00Z; step added: on at 2027-01-18T08:00:00Z; next: 25 % at 2027-01-11T08:00:00Z, on at 2027-01-18T08:00:00Z",
      "",
    ].join("\n"),
  );
});

test("formatPlan() shows the next steps of a flag whose rollout changes", () => {
  const larger = {
    ...after,
    decisions: { ...after.decisions, production: { enabled: true, rollout: 10 } },
  };
  expect(formatPlan(planOf(after, larger))).toContain(
    "~ invoices: 5 % → 10 %: 5 % more get it, nobody loses it; next: 25 % at 2027-01-11T08:00:00Z, on at 2027-01-18T08:00:00Z",
  );
});

test("formatPlanMarkdown() and the comment show the next steps", () => {
  const cell =
    "5 %<br>step added: 25 % at 2027-01-11T08:00:00Z<br>step added: on at 2027-01-18T08:00:00Z<br>next: 25 % at";
  const change = planOf(before, after);
  expect(formatPlanMarkdown(change)).toContain(cell);
  const comment = formatPlanComment({ plan: change, head: commit, today: "2026-01-01" });
  expect(comment).toContain(cell);
  expect(comment).toContain("The schedule of `invoices` changes: production: step added: 25 % at");
});

test("parsePlan() accepts a plan with a schedule as JSON", () => {
  const change = planOf(before, after);
  expect(parsePlan(JSON.stringify(change))).toEqual(change);
  expect(change.flags[0]?.schedules).toEqual({
    production: { before: [], after: [quarter, everyone] },
  });
});

test("findProtectedEnvironments() counts steps that are added, removed or changed", () => {
  expect(findProtectedEnvironments(project, { before, after })).toEqual(["production"]);
  expect(findProtectedEnvironments(project, { before: after, after: before })).toEqual([
    "production",
  ]);
  expect(findProtectedEnvironments(project, { before: after, after })).toEqual([]);
});

test("onlyDisables() does not accept steps that are added elsewhere", () => {
  const disabled = { ...before, decisions: { ...before.decisions, staging: { enabled: false } } };
  expect(onlyDisables({ before, after: disabled })).toBe(true);
  const schedules = after.schedules;
  expect(onlyDisables({ before, after: { ...disabled, schedules } })).toBe(false);
});
