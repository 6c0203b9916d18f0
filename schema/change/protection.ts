/** The effects of a change by environment, and whether they need a review. Pure: evaluated again on each replay. */
import type { Flag } from "../flag/flag.ts";
import { stepsIn } from "../flag/schedule.ts";
import { diffFlag, isSameDecision } from "../plan/difference.ts";
import { isSameSchedule } from "../plan/steps.ts";
import type { Project } from "../project/project.ts";

/** A flag before and after a change; missing if it does not exist. */
export interface BeforeAndAfter {
  readonly before: Flag | undefined;
  readonly after: Flag | undefined;
}

/**
 * The protected environments in which clients would see the flag change, now or by a scheduled step: how
 * it is decided, its description, or whether it exists. Its times do not count, because they change with
 * every edit.
 */
export function findProtectedEnvironments(
  project: Pick<Project, "environments" | "protected">,
  { before, after }: BeforeAndAfter,
): readonly string[] {
  const difference = diffFlag(before, after, project.environments);
  if (!difference) return [];
  const { change, fields, decisions, schedules } = difference;
  if (change !== "changed" || fields.includes("description")) return project.protected;
  return project.protected.filter((environment) => {
    const { before: was, after: is } = decisions[environment] ?? {};
    const steps = schedules[environment];
    return !isSameDecision(was, is) || (steps && !isSameSchedule(steps));
  });
}

/** Whether the only effect for clients is that the flag turns off. */
export function onlyDisables({ before, after }: BeforeAndAfter): boolean {
  if (!before || !after || before.description !== after.description) return false;
  return Object.entries(after.decisions).every(([environment, decision]) => {
    const steps = { before: stepsIn(before, environment), after: stepsIn(after, environment) };
    const isSame = isSameDecision(before.decisions[environment], decision);
    return !decision.enabled || (isSame && isSameSchedule(steps));
  });
}
