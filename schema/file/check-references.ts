import { toConditions } from "../flag/conditions.ts";
import { type FlagFile, normalize } from "../flag/flag.ts";
import { flagNameOf } from "../flag/name.ts";
import { type Problem, problemsIn } from "../problem/problem.ts";
import { defaultProject, type Project, rootEnvironment } from "../project/project.ts";
import type { Entry } from "./entry.ts";
import { findReferenceProblems } from "./reference-problems.ts";

/**
 * The problems of the references of files, each at its position; `all` are all files in `flags/`.
 * Warnings need the project.
 */
export function checkReferences(
  entries: readonly Entry[],
  all: readonly Entry[],
  project: Project | undefined,
): Problem[] {
  if (!entries.some(({ content }) => content?.references)) return [];
  const audiences = all.filter(({ kind }) => kind === "audience");
  const flags = all.filter(({ kind }) => kind === "flag");
  const files = new Map(flags.map(({ file, content }) => [flagNameOf(file), content?.flag]));
  // The normal form, as in an incremental update: both must find the same.
  const used = project ?? defaultProject;
  const problems = findReferenceProblems(
    new Map([...files].map(([name, flag]) => [name, flag && normalize(name, flag, used)])),
    new Map(
      audiences.map(({ file, content }) => [
        flagNameOf(file),
        content?.audience && toConditions(content.audience.if, used.attributes),
      ]),
    ),
  );
  return entries.flatMap(({ file, content }) => {
    const { flag, references = [] } = content ?? {};
    const name = flagNameOf(file);
    if (!flag || references.length === 0) return [];
    const own = new Set(problems.filter((problem) => problem.flag === name));
    return references.flatMap(({ kind, name: other, line, column }) => {
      const position = { line, column };
      const wrong = [...own].filter((problem) => problem.kind === kind && problem.name === other);
      // The size is one problem of the whole flag: report it once.
      for (const problem of wrong) if (problem.code === "references-too-large") own.delete(problem);
      const errors = wrong.map(({ code, message, hint }) => ({ ...position, code, message, hint }));
      const parent = kind === "flag" ? files.get(other) : undefined;
      const ahead = project && parent ? findEnvironmentsAhead(flag, parent, project) : [];
      if (errors.length > 0 || ahead.length === 0) return problemsIn(file, errors, "");
      const message = `Is enabled in ${ahead.join(", ")}, where the required flag "${other}" is off: nobody gets it there`;
      const hint = `enable "${other}" there as well, or disable this flag`;
      return problemsIn(file, [{ ...position, code: "required-flag-off", message, hint }], "");
    });
  });
}

/** Where a flag is enabled and a flag that it requires is not. */
function findEnvironmentsAhead(flag: FlagFile, parent: FlagFile, project: Project): string[] {
  const isEnabled = (file: FlagFile, environment: string) =>
    environment === rootEnvironment(project)
      ? file.enabled
      : (file.environments?.[environment] ?? file).enabled;
  return project.environments.filter(
    (environment) => isEnabled(flag, environment) && !isEnabled(parent, environment),
  );
}
