/** Describes the change of a flag's schedule. */
import { describeOutcome, isSameStep, type Step } from "../flag/schedule.ts";

/** The steps of a flag in one environment before and after a change, the earliest first. */
export interface StepsChange {
  readonly before: readonly Step[];
  readonly after: readonly Step[];
}

export function isSameSchedule({ before, after }: StepsChange): boolean {
  return before.length === after.length && before.every((step, at) => isSameStep(step, after[at]));
}

/**
 * The changed steps, then the next step, each in a clause: `step added: 25 % at
 * 2026-12-01T08:00:00Z`, `next: 25 % at 2026-12-01T08:00:00Z`.
 */
export function describeSteps(change: StepsChange | undefined): string[] {
  if (!change) return [];
  const { before, after } = change;
  const added = after.filter((step) => !before.some((one) => isSameStep(one, step)));
  const removed = before.filter((step) => !after.some((one) => isSameStep(one, step)));
  const changed = added.filter(({ at }) => removed.some((one) => one.at === at));
  const isNew = ({ at }: Step) => !changed.some((one) => one.at === at);
  return [
    ...added.filter(isNew).map((step) => `step added: ${describeStep(step)}`),
    ...removed.filter(isNew).map((step) => `step removed: ${describeStep(step)}`),
    ...changed.map((step) => {
      const earlier = removed.find(({ at }) => at === step.at);
      const was = earlier ? describeOutcome(earlier) : "none";
      return `step changed: ${was} → ${describeStep(step)}`;
    }),
    ...(after.length === 0 ? [] : [`next: ${after.map(describeStep).join(", ")}`]),
  ];
}

function describeStep(step: Step): string {
  return `${describeOutcome(step)} at ${step.at}`;
}
