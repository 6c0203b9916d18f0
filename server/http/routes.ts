/** Environments and route patterns of URLs. */
import { definitionKinds } from "../../schema/compile/urls.ts";
import { type Project, rootEnvironment } from "../../schema/project/project.ts";

/** The environment of a path. */
export function environmentOf(project: Pick<Project, "environments">, path: string): string {
  const first = path.slice(1, path.indexOf("/", 1));
  const root = rootEnvironment(project);
  return project.environments.includes(first) ? first : root;
}

/** The route pattern of a path: logs and metrics must not have a series for each path. */
export function routeOf(path: string): string {
  const [plain = ""] = path.split("?");
  const [, folder = "", name, part] =
    /^(\/[^/]+)?\/v1\/feature-flags\/([^/]*)(\/history|\/definition)?$/.exec(plain) ?? [];
  if (plain.startsWith("/v1/changes/")) return "/v1/changes/{id}";
  const evaluation = evaluations.exec(plain);
  if (evaluation) {
    const environment = evaluation[1] === undefined ? "" : "/{environment}";
    return `${environment}${evaluation[2]}${evaluation[3] === undefined ? "" : "/{flag_name}"}`;
  }
  const document = documents.exec(plain);
  if (document) return `${document[1] === undefined ? "" : "/{environment}"}${document[2]}`;
  if (name === undefined) return others.has(plain) ? plain : "other";
  const environment = folder === "" ? "" : "/{environment}";
  return `${environment}/v1/feature-flags/${name === "" ? "" : "{flag_name}"}${part ?? ""}`;
}

const documents = new RegExp(
  `^(/[^/]+)?(/v1/(?:private/definitions|${definitionKinds.join("|")})\\.json|/ofrep/v1/events)$`,
);

const evaluations = /^(\/[^/]+)?(\/ofrep\/v1\/evaluate\/flags)(\/[^/]+)?$/;

const others = new Set([
  "/healthz",
  "/readyz",
  "/metrics",
  "/openapi.json",
  "/v1/history",
  "/v1/overview",
  "/v1/usage",
  "/webhooks/github",
]);
