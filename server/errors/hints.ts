import { type Environments, rootEnvironment } from "../../schema/project/project.ts";
import { suggest } from "../../schema/text/suggest.ts";
import { patternOf, routeTemplates } from "../openapi/path-template.ts";

/** Comparing more names would take milliseconds for each unknown path. */
const maxNames = 2_000;

/** `; did you mean "…"?` for a path that is not served; `""` if no served path is similar. */
export function hintFor(project: Environments, path: string, names: readonly string[]): string {
  for (const { template, pattern } of similarRoutes) {
    const found = pattern.exec(path);
    if (!found) continue;
    const { environment, flag_name: flag } = found.groups ?? {};
    const nearEnvironment = environment && suggest(environment, project.environments);
    const nearFlag = flag && suggest(flag, names.length > maxNames ? [] : names);
    if (environment !== undefined && nearEnvironment === undefined) continue;
    if (flag !== undefined && nearFlag === undefined) continue;
    const folder = nearEnvironment === rootEnvironment(project) ? "" : `/${nearEnvironment}`;
    const near = template.replace("/{environment}", folder).replace("{flag_name}", nearFlag ?? "");
    if (near !== path) return `; did you mean "${near}"?`;
  }
  return "";
}

/** What to do if a write may have been made; `hasKey`: the request had an `Idempotency-Key`. */
export function repeatHint(hasKey: boolean): string {
  return hasKey
    ? "; repeat the request with the same Idempotency-Key: the change is not made twice"
    : "; read the flag before you repeat the request; with an Idempotency-Key, a request can be repeated safely";
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
