/** Scheduled steps: values that a flag takes on at a time. A commit applies a step and removes it from the file. */
import { compareText } from "../text/order.ts";

/** A step as people write it: exactly one of `enabled` and `rollout` is there. */
export interface StepFile {
  /** UTC, to the second: `2026-12-01T08:00:00Z`. */
  readonly at: string;
  readonly enabled?: boolean;
  readonly rollout?: number;
}

/** A step of a valid file. `enabled: true` is a rollout of 100. */
export type Step = { readonly at: string } & (
  | { readonly rollout: number; readonly enabled?: never }
  | { readonly enabled: false; readonly rollout?: never }
);

/** The steps of one block of a flag file. */
export interface Schedule {
  /** The environment whose block it is; the first environment for the keys at the top of the file. */
  readonly block: string;
  /** The environments that this block decides, in the order of the project. */
  readonly environments: readonly string[];
  /** One or more, the earliest first. */
  readonly steps: readonly Step[];
}

/** A step, and where it is. */
export interface FlagStep {
  readonly flag: string;
  /** The environment of the block: see `Schedule`. */
  readonly block: string;
  readonly step: Step;
}

interface Scheduled {
  readonly name: string;
  readonly schedules: readonly Schedule[];
}

const none: readonly Step[] = [];

export function toStep({ at, enabled, rollout }: StepFile): Step {
  if (enabled === false) return { at, enabled };
  return { at, rollout: rollout ?? 100 };
}

/** The steps that change a flag in an environment, the earliest first. */
export function stepsIn(
  flag: Pick<Scheduled, "schedules"> | undefined,
  environment: string,
): readonly Step[] {
  const schedule = flag?.schedules.find(({ environments }) => environments.includes(environment));
  return schedule?.steps ?? none;
}

/** The steps in the block of an environment: none if that has no block of its own. */
export function stepsOfBlock(flag: Pick<Scheduled, "schedules">, block: string): readonly Step[] {
  return flag.schedules.find((schedule) => schedule.block === block)?.steps ?? none;
}

/** All steps of `flags` up to a time, in milliseconds since 1970: the earliest first, then by flag and block. */
export function findDueSteps(flags: readonly Scheduled[], nowMs: number): FlagStep[] {
  return allSteps(flags)
    .filter(({ step }) => timeOf(step) <= nowMs)
    .sort(
      (a, b) =>
        compareText(a.step.at, b.step.at) ||
        compareText(a.flag, b.flag) ||
        compareText(a.block, b.block),
    );
}

/** The time of the earliest step after a time; both in milliseconds since 1970. */
export function nextStepTime(flags: readonly Scheduled[], afterMs: number): number | undefined {
  const times = allSteps(flags).map(({ step }) => timeOf(step));
  return times.filter((timeMs) => timeMs > afterMs).sort((a, b) => a - b)[0];
}

/** When a step is due, in milliseconds since 1970. */
export function timeOf({ at }: Pick<Step, "at">): number {
  return Date.parse(at);
}

/** Whether two steps are the same: one time and one value. */
export function isSameStep(a: Step, b: Step | undefined): boolean {
  return a.at === b?.at && a.enabled === b.enabled && a.rollout === b.rollout;
}

/** `25 %`, `on` or `off`. */
export function describeOutcome(step: Step): string {
  if (step.rollout === undefined) return "off";
  return step.rollout === 100 ? "on" : `${step.rollout} %`;
}

/** Nearly no flag has a schedule, and the server calls this after each write. */
function allSteps(flags: readonly Scheduled[]): FlagStep[] {
  const scheduled = flags.filter(({ schedules }) => schedules.length > 0);
  return scheduled.flatMap(({ name: flag, schedules }) =>
    schedules.flatMap(({ block, steps }) => steps.map((step) => ({ flag, block, step }))),
  );
}
