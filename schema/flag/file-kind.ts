/** What a file of a repository is, by its path. */
import { policyPath } from "../project/policy.ts";
import { projectFile } from "../project/project.ts";

/** `project` is `bunting.yaml`, `policy` the file before it. Every other file in `flags/` is a flag. */
export type FileKind = "flag" | "audience" | "tests" | "project" | "policy";

/** The folders in `flags/` that hold no flags. No team's folder has these names. */
const reservedFolders = { audiences: "audience", tests: "tests" } as const satisfies Record<
  string,
  FileKind
>;

/** The kind of a file, by its path from the top of the repository. */
export function fileKindOf(file: string): FileKind {
  if (file === projectFile || file.startsWith(`${projectFile}/`)) return "project";
  if (file === `flags/${policyPath}`) return "policy";
  const [, folder = ""] = /^flags\/([a-z]+)\//.exec(file) ?? [];
  return isReservedFolder(folder) ? reservedFolders[folder] : "flag";
}

/** Whether a folder in `flags/` holds no flags. */
export function isReservedFolder(folder: string): folder is keyof typeof reservedFolders {
  return Object.hasOwn(reservedFolders, folder);
}

/** Whether the path is that of a flag: in `flags/`, but not in a reserved folder. */
export function isFlagFile(file: string): boolean {
  return file.startsWith("flags/") && file.endsWith(".yaml") && fileKindOf(file) === "flag";
}
