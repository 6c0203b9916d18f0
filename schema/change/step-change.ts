/** A scheduled step as an edit of the flag's file: it sets the value and removes the step. */
import type { Decision, Flag } from "../flag/flag.ts";
import {
  describeOutcome,
  type FlagStep,
  isSameStep,
  type Step,
  stepsOfBlock,
} from "../flag/schedule.ts";
import { type Environments, rootEnvironment } from "../project/project.ts";
import { edit, type TextChange } from "../yaml/edit.ts";
import { removeSteps } from "../yaml/remove-steps.ts";
import type { FlagChangeSet } from "./change-set.ts";

/** The trailer of a commit that applied a step; its value is the time of the step. */
export const stepTrailer = "Scheduled-At";

/** Who wrote a step. */
export interface StepOrigin {
  /** Full id of the commit that added the step. */
  readonly commit: string;
  /** `#12`; `""` if the step has no pull request, or it is unknown. */
  readonly pullRequest: string;
}

/** A step that is due, as a change. */
export interface StepChange {
  readonly kind: "step";
  readonly name: string;
  /** The environment of the block: see `Schedule`. */
  readonly environment: string;
  readonly step: Step;
  readonly origin: StepOrigin;
}

/** Whether a flag still has a step: it was neither deleted nor applied. */
export function hasStep(flag: Flag | undefined, { block, step }: Omit<FlagStep, "flag">): boolean {
  return flag !== undefined && stepsOfBlock(flag, block).some((one) => isSameStep(one, step));
}

/**
 * The new text of the flag's file, and the message of its commit; `undefined` if it is not the first step
 * of its schedule.
 */
export function editForStep(
  { environment: block, step }: StepChange,
  text: string,
  flag: Flag,
  project: Environments,
): (Pick<FlagChangeSet, "subject" | "change"> & { readonly text: string }) | undefined {
  const [first] = stepsOfBlock(flag, block);
  if (!first || !isSameStep(first, step)) return undefined;
  const isRoot = block === rootEnvironment(project);
  const path = isRoot ? [] : ["environments", block];
  const decision = flag.decisions[block];
  return {
    text: removeSteps(edit(text, changesOf(step, path, decision)), path, 1),
    subject: `${describeStep(step, flag.name)}${isRoot ? "" : ` in ${block}`}`,
    change:
      step.rollout === undefined
        ? `enabled ${decision?.enabled ?? true} -> false`
        : `rollout ${decision?.rollout ?? 100} -> ${step.rollout}`,
  };
}

/** The values that a step sets. A rollout of 100 is written only over another one, so that its comments stay. */
function changesOf(
  step: Step,
  path: readonly string[],
  decision: Decision | undefined,
): TextChange[] {
  if (step.rollout === undefined) return [{ path: [...path, "enabled"], value: false }];
  if (step.rollout === (decision?.rollout ?? 100)) return [];
  return [{ path: [...path, "rollout"], value: step.rollout }];
}

function describeStep(step: Step, name: string): string {
  if (step.rollout === undefined) return `Disable ${name}`;
  return `Roll out ${name} to ${step.rollout === 100 ? "everyone" : describeOutcome(step)}`;
}
