/** What is checked in an audience beyond its shape. */
import type { AudienceFile } from "../flag/audience.ts";
import type { Code } from "../problem/codes.ts";
import { fileStart } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import type { Project } from "../project/project.ts";
import type { Source } from "../yaml/parse.ts";
import { checkMatchers, reportTo } from "./matcher-checks.ts";

export function checkAudience(
  { description = "", owner, if: conditions }: AudienceFile,
  source: Source,
  project: Project,
): Finding[] {
  const findings: Finding[] = [];
  const report = reportTo(findings, source);
  const warn = (code: Code, message: string, hint: string) =>
    findings.push({ ...fileStart, code, message, hint });
  if (description.trim() === "") {
    const hint = 'add "description: " and a sentence that someone on call understands';
    warn("missing-description", "Does not say who is in this audience", hint);
  }
  if (owner === undefined)
    warn("missing-owner", "Names no owner", 'add "owner: " and the team to ask');
  if (Object.keys(conditions).length === 0) {
    const message = "Cannot use an audience without conditions: everyone would be in it";
    report("/if", "empty-condition", message, 'name an attribute in "if"');
  }
  const { audience, ...others } = conditions;
  if (audience !== undefined) {
    const message = "Cannot refer to another audience here: only rules refer to audiences";
    report("/if/audience", "nested-audience", message, "write its conditions here as well");
  }
  checkMatchers("/if", others, source, project, report);
  return findings;
}
