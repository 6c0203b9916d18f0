/** Which route a path has. The table of routes is `schema/openapi.yaml`. */
import { type Environments, rootEnvironment } from "../../schema/project/project.ts";
import { openApiDocument } from "./openapi-document.ts";

/** The paths of the API with their parameters: `/{environment}/v1/feature-flags/{flag_name}`. */
export const routeTemplates: readonly string[] = Object.keys(
  (openApiDocument as { readonly paths: object }).paths,
);

interface Route {
  readonly template: string;
  /** As in the path: not decoded, and not checked. */
  readonly parameters: Readonly<Partial<Record<string, string>>>;
}

const patterns = routeTemplates.map((template) => ({
  template,
  pattern: new RegExp(`^${patternOf(template, () => "[^/]+")}$`),
}));

/** The route of a path; `undefined` if there is none. */
export function parseRoute(path: string): Route | undefined {
  for (const { template, pattern } of patterns) {
    const found = pattern.exec(path);
    if (found) return { template, parameters: found.groups ?? {} };
  }
  return undefined;
}

/** The template of a URL's route: logs and metrics must not have a series for each path. */
export function routeOf(url: string): string {
  const [path = ""] = url.split("?");
  return parseRoute(path)?.template ?? "other";
}

/** A template as the source of a regular expression with a named group for each parameter. */
export function patternOf(template: string, sourceOf: (parameter: string) => string): string {
  return template
    .replaceAll(".", "\\.")
    .replace(/\{(\w+)\}/g, (_, parameter: string) => `(?<${parameter}>${sourceOf(parameter)})`);
}

/** The environment of a path. */
export function environmentOf(project: Environments, path: string): string {
  const first = path.slice(1, path.indexOf("/", 1));
  const root = rootEnvironment(project);
  return project.environments.includes(first) ? first : root;
}
