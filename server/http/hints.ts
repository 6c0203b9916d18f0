import { pathOf } from "../../schema/compile/urls.ts";
import { type Project, rootEnvironment } from "../../schema/project/project.ts";
import { suggest } from "../../schema/text/suggest.ts";

/** Among more names it would take milliseconds, for whoever asks for what is not there. */
const maximumNames = 2_000;

/** What a path that is not served was probably meant to be, as words to go on a message with; or nothing. */
export function hintFor(
  project: Pick<Project, "environments">,
  path: string,
  names: readonly string[],
): string {
  const near = nearestTo(project, path, names);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}

/** The path of a list or a flag: a slash forgotten, an environment or a flag misspelt. */
function nearestTo(
  project: Pick<Project, "environments">,
  path: string,
  names: readonly string[],
): string | undefined {
  const pattern = /^(?:\/([\w-]{1,64}))?\/v1\/feature-flags(?:\/([\w-]{0,128})(\/history)?)?$/i;
  const [whole, folder, name, rest = ""] = pattern.exec(path) ?? [];
  if (whole === undefined) return undefined;
  const environment =
    folder === undefined ? rootEnvironment(project) : suggest(folder, project.environments);
  const flag = name ? suggest(name, names.length > maximumNames ? [] : names) : "";
  if (environment === undefined || flag === undefined) return undefined;
  const near = `${pathOf(project, environment, flag)}${rest}`;
  return near === path ? undefined : near;
}
