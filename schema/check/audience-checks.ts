/** What is checked in an audience beyond its shape. */
import type { AudienceFile } from "../flag/audience.ts";
import type { Finding } from "../problem/problem.ts";
import type { Project } from "../project/project.ts";
import type { YamlSource } from "../yaml/source.ts";
import { checkMatchers } from "./matcher-checks.ts";
import { findingsOf } from "./report.ts";

export function checkAudience(
  { description = "", owner, if: conditions }: AudienceFile,
  source: YamlSource,
  project: Project,
): Finding[] {
  return findingsOf(source, (report) => {
    if (description.trim() === "") {
      const hint = 'add "description: " and a sentence that someone on call understands';
      report(0, "missing-description", "Does not say who is in this audience", hint);
    }
    if (owner === undefined)
      report(0, "missing-owner", "Names no owner", 'add "owner: " and the team to ask');
    if (Object.keys(conditions).length === 0) {
      const message = "Cannot use an audience without conditions: everyone would be in it";
      report("/if", "empty-condition", message, 'name an attribute in "if"');
    }
    const { audience, ...others } = conditions;
    if (audience !== undefined) {
      const message = "Cannot refer to another audience here: only rules refer to audiences";
      report("/if/audience", "nested-audience", message, "write its conditions here as well");
    }
    checkMatchers("/if", others, project, report);
  });
}
