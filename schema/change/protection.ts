/** What a change of a flag does where, and whether that needs a review: pure, so that it is decided anew on each replay. */
import type { Flag } from "../flag/flag.ts";
import type { Project } from "../project/project.ts";

/** A flag before and after a change; missing where it is not there. */
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
 * The environments in which clients would see the flag change: whether it is on, what it is
 * described as, or whether it is there at all. Its times do not count, they change with every edit.
 */
function findAffectedEnvironments(
  { environments }: Pick<Project, "environments">,
  { before, after }: BeforeAndAfter,
): string[] {
  if (!before && !after) return [];
  const isElsewhere = !before || !after || before.description !== after.description;
  return environments.filter(
    (environment) => isElsewhere || before.enabled[environment] !== after.enabled[environment],
  );
}

/** Whether all that clients would see is that the flag goes off. */
export function onlyDisables({ before, after }: BeforeAndAfter): boolean {
  if (!before || !after || before.description !== after.description) return false;
  return Object.keys(after.enabled).every(
    (environment) => before.enabled[environment] || !after.enabled[environment],
  );
}
