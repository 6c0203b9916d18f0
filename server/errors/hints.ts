import { pathOf } from "../../schema/compile/urls.ts";
import { type Project, rootEnvironment } from "../../schema/project/project.ts";
import { suggest } from "../../schema/text/suggest.ts";

/** Comparing more names would take milliseconds for each unknown path. */
const maximumNames = 2_000;

/** `; did you mean "…"?` for a path that is not served; `""` if no served path is similar. */
export function hintFor(
  project: Pick<Project, "environments">,
  path: string,
  names: readonly string[],
): string {
  const near = nearestTo(project, path, names);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

/** The similar path of a list or a flag: without a missing slash or a misspelt environment or flag. */
function nearestTo(
  project: Pick<Project, "environments">,
  path: string,
  names: readonly string[],
): string | undefined {
  const pattern =
    /^(?:\/([\w-]{1,64}))?\/v1\/feature-flags(?:\/([\w-]{0,128})(\/history|\/definition)?)?$/i;
  const [whole, folder, name, rest = ""] = pattern.exec(path) ?? [];
  if (whole === undefined) return undefined;
  const environment =
    folder === undefined ? rootEnvironment(project) : suggest(folder, project.environments);
  const flag = name ? suggest(name, names.length > maximumNames ? [] : names) : "";
  if (environment === undefined || flag === undefined) return undefined;
  const near = `${pathOf(project, environment, flag)}${rest}`;
  return near === path ? undefined : near;
}
