import { type Project, rootEnvironment } from "../../schema/project/project.ts";
import { suggest } from "../../schema/text/suggest.ts";
import { patternOf, routeTemplates } from "../http/path-template.ts";

type Environments = Pick<Project, "environments">;

/** Comparing more names would take milliseconds for each unknown path. */
const maxNames = 2_000;

/** `; did you mean "…"?` for a path that is not served; `""` if no served path is similar. */
export function hintFor(project: Environments, path: string, names: readonly string[]): string {
  for (const { template, pattern } of similarRoutes) {
    const found = pattern.exec(path);
    if (!found) continue;
    const { environment, flag_name: flag } = found.groups ?? {};
    const near = fill(
      template,
      environment && suggest(environment, project.environments),
      flag && suggest(flag, names.length > maxNames ? [] : names),
      rootEnvironment(project),
    );
    if (near !== undefined && near !== path) return `; did you mean "${near}"?`;
  }
  return "";
}

/** The templates with patterns that ignore case and a missing slash at the end. */
const similarRoutes = routeTemplates
  .filter((template) => !/\{(?!environment\}|flag_name\})/.test(template))
  .map((template) => {
    const source = patternOf(template, (parameter) =>
      parameter === "environment" ? "[\\w-]{1,64}" : "[\\w-]{1,128}",
    );
    return { template, pattern: new RegExp(`^${source.replace(/\/$/, "/?")}$`, "i") };
  });

/** The path of a template; `undefined` without a value for one of its parameters. */
function fill(
  template: string,
  environment: string | undefined,
  flag: string | undefined,
  root: string,
): string | undefined {
  const path = template
    .replace("{environment}", environment ?? "{}")
    .replace("{flag_name}", flag ?? "{}");
  if (path.includes("{}")) return undefined;
  return environment === root ? path.slice(`/${root}`.length) : path;
}
