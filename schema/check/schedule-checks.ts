/** Checks of a schedule, beyond its shape. */
import type { DecisionFile, FlagFile } from "../flag/flag.ts";
import type { StepFile } from "../flag/schedule.ts";
import { joined, quoteValue } from "../text/show.ts";
import type { Report } from "./report.ts";

/** What is wrong with the schedule of the block at a JSON pointer. */
export function checkSchedule(
  pointer: string,
  flag: FlagFile,
  { enabled, schedule }: DecisionFile,
  report: Report,
): void {
  if (schedule === undefined) return;
  const list = `${pointer}/schedule`;
  if (!enabled && schedule.length > 0) {
    const message = 'Cannot keep a schedule under "enabled: false": a flag that is off stays off';
    const hint = 'delete "schedule", or use "enabled: true" with "rollout: 0" until the first step';
    report(list, "schedule-while-disabled", message, hint);
  }
  for (const [index, step] of schedule.entries()) {
    const stepPointer = `${list}/${index}`;
    checkStep(stepPointer, flag, step, report);
    checkPosition(stepPointer, step, schedule[index - 1], report);
    if (flag.expires === undefined || step.at.slice(0, 10) < flag.expires) continue;
    const message = `Cannot apply a step at ${step.at}: the flag should be gone by ${flag.expires}`;
    const hint = 'choose an earlier time, or a later day in "expires"';
    report(`${stepPointer}/at`, "schedule-after-expiry", message, hint);
  }
}

/** Warns from the time of each step on: the step is late, and is applied at once. */
export function checkLateSteps(
  pointer: string,
  { schedule = [] }: DecisionFile,
  report: Report,
): void {
  const message = "Is a step in the past: it is applied as soon as this is merged";
  const hint = "choose a later time, or delete the step if it must not be applied";
  for (const [index, { at }] of schedule.entries())
    report(`${pointer}/schedule/${index}/at`, "step-in-past", message, hint, { since: at });
}

/** Reports a rule or a step that does not have exactly one of its outcomes. */
export function checkOutcome<Key extends string>(
  pointer: string,
  what: "rule" | "step",
  item: { readonly [key in Key]?: unknown },
  keys: readonly Key[],
  hint: string,
  report: Report,
): void {
  const outcomes = keys.filter((key) => item[key] !== undefined);
  if (outcomes.length === 1) return;
  const found = outcomes.join(" and ") || "none";
  const message = `Cannot read a ${what} with ${found}: it needs exactly one of ${joined(keys)}`;
  report(pointer, `${what}-outcome`, message, hint);
}

function checkStep(pointer: string, { type }: FlagFile, step: StepFile, report: Report): void {
  const outcome = 'say what is to be, like "rollout: 25"';
  checkOutcome(pointer, "step", step, ["enabled", "rollout"], outcome, report);
  const { rollout } = step;
  if (rollout === undefined) return;
  checkRollout(pointer, rollout, report);
  if (type !== "kill_switch") return;
  const message = 'Cannot use "rollout" in a kill switch: it is on or off for everyone';
  const hint = 'use "enabled" in the step, or choose another type';
  report(`${pointer}/rollout`, "kill-switch-with-rules", message, hint);
}

/** A caller is in one of 100,000 buckets: a percentage has at most three decimals. */
export function checkRollout(pointer: string, rollout: number | undefined, report: Report): void {
  if (rollout === undefined || Number(rollout.toFixed(3)) === rollout) return;
  const message = `Cannot use the rollout ${rollout}: it has more than three decimals`;
  report(`${pointer}/rollout`, "invalid-rollout", message, `write ${rollout.toFixed(3)}`);
}

/** Steps are in the order of their times, and no step comes after "off". */
function checkPosition(
  pointer: string,
  { at }: StepFile,
  earlier: StepFile | undefined,
  report: Report,
): void {
  if (!earlier) return;
  if (at <= earlier.at) {
    const message = `Cannot read ${quoteValue(at)} after ${quoteValue(earlier.at)}: steps must be in the order of their times`;
    report(`${pointer}/at`, "schedule-order", message, "write the earliest step first");
  }
  if (earlier.enabled !== false) return;
  const message = 'Cannot apply this step: the one before it is "enabled: false"';
  const hint = 'delete this step; to pause the flag, use "rollout: 0" in the one before';
  report(pointer, "schedule-while-disabled", message, hint);
}
