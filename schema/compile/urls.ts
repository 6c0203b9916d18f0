/** Paths and files of the outputs of a release. Only this module parses paths. */
import { isPossibleName } from "../flag/name.ts";
import { type Environments, rootEnvironment } from "../project/project.ts";
import { type Output, type OutputKind, outputs } from "./outputs.ts";

export type DefinitionOutput = Output & Required<Pick<Output, "compile">>;

/** The outputs that show how flags are decided: a project may keep them unpublished. */
export const definitionOutputs = Object.values<Output>(outputs).filter(showsDecisions);

/** Whether this is one of `definitionOutputs`. */
export function showsDecisions(output: Output): output is DefinitionOutput {
  return output.compile !== undefined;
}

/** What a path names. */
export interface Resource {
  readonly kind: OutputKind;
  /** The environment in the path; `""` at the root and for the whole release. */
  readonly folder: string;
  /** The flag's name or the status of an error; `""` for other kinds. */
  readonly name: string;
}

/** The path of the list of an environment, or of one flag in it. */
export function pathOf(project: Environments, environment: string, name = ""): string {
  return outputPath(project, environment, name === "" ? outputs.list : outputs.flag, name);
}

/** The path of any output of an environment. */
export function outputPath(
  project: Environments,
  environment: string,
  { path }: Pick<Output, "path">,
  name = "",
): string {
  const folder = environment === rootEnvironment(project) ? "" : `/${environment}`;
  return `${folder}${path.replace("{name}", name)}`;
}

/** What a path names in any project; `undefined` if no release can have it. */
export function parsePath(path: string): Resource | undefined {
  for (const { kind, pattern } of patterns) {
    const found = pattern.exec(path);
    if (!found) continue;
    const { folder = "", name = "" } = found.groups ?? {};
    return isNameOf(kind, name) ? { kind, folder: folder.slice(1), name } : undefined;
  }
  return undefined;
}

/** Whether a release of the project may have this path. Other objects at a target are never changed. */
export function isPathOf(project: Environments, path: string): boolean {
  const resource = parsePath(path);
  if (!resource || outputs[resource.kind].scope === "release") return false;
  const { folder } = resource;
  if (folder === "") return true;
  return folder !== rootEnvironment(project) && project.environments.includes(folder);
}

/** The row of a path. Throws for a path that no release can have. */
export function outputOf(path: string): Output {
  const resource = parsePath(path);
  if (resource) return outputs[resource.kind];
  throw new Error(`Cannot publish "${path}": no release has such a path`);
}

export function contentTypeOf(path: string): string {
  return outputOf(path).contentType;
}

/** Whether a path is that of a list: it has an event stream, and names the flags of an environment. */
export function isList(path: string): boolean {
  return parsePath(path)?.kind === "list";
}

/** Whether clients request a path. Only the CDN uses the bodies of errors. */
export function isFetched(path: string): boolean {
  return outputOf(path).contentType !== outputs.error.contentType;
}

/** Whether a response is published after the flags that it names. */
export function isIndex(path: string): boolean {
  return outputOf(path).isIndex;
}

/** The file of a path in a directory: `v1/feature-flags/index.json` for a list, `….json` for a flag. */
export function fileOf(path: string): string {
  const file = path.slice(1);
  if (file.endsWith(".json")) return file;
  return file.endsWith("/") ? `${file}index.json` : `${file}.json`;
}

/** The path of a file in a directory: the inverse of `fileOf()`. */
export function pathOfFile(file: string): string {
  const path = `/${file}`;
  const flag = path.replace(/\.json$/, "").replace(/\/index$/, "/");
  const kind = parsePath(flag)?.kind;
  return kind === "list" || kind === "flag" ? flag : path;
}

const patterns = (Object.keys(outputs) as OutputKind[]).map((kind) => {
  const { path, scope } = outputs[kind];
  const folder = scope === "environment" ? "(?<folder>/[a-z][a-z0-9_-]*)?" : "";
  const rest = path.replaceAll(".", "\\.").replace("{name}", "(?<name>[A-Za-z0-9_-]+)");
  return { kind, pattern: new RegExp(`^${folder}${rest}$`) };
});

function isNameOf(kind: OutputKind, name: string): boolean {
  if (kind === "error") return /^\d{3}$/.test(name);
  return kind !== "flag" || isPossibleName(name);
}
