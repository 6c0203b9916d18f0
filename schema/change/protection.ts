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

/** The protected environments in which clients would see the change. */
export function findProtectedEnvironments(
  project: Pick<Project, "environments" | "protected">,
  sides: BeforeAndAfter,
): string[] {
  return findAffectedEnvironments(project, sides).filter((environment) =>
    project.protected.includes(environment),
  );
}

/**
 * The environments in which clients would see the flag change, now or by a scheduled step: how it is
 * decided, its description, or whether it exists. Its times do not count, because they change with every edit.
 */
function findAffectedEnvironments(
  { environments }: Pick<Project, "environments">,
  { before, after }: BeforeAndAfter,
): string[] {
  const difference = diffFlag(before, after, environments);
  if (!difference) return [];
  const { change, fields, decisions, schedules } = difference;
  const isEverywhere = change !== "changed" || fields.includes("description");
  return environments.filter((environment) => {
    const { before: was, after: is } = decisions[environment] ?? {};
    const steps = schedules[environment];
    const isSame = isSameDecision(was, is) && (!steps || isSameSchedule(steps));
    return isEverywhere || !isSame;
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
