/** The projects of commits: `bunting.yaml` as it was then. */
import type { Entry } from "../../schema/file/entry.ts";
import {
  type ParsedFile,
  parsePolicyFile,
  parseProjectFile,
} from "../../schema/file/parsed-file.ts";
import { resolveProject } from "../../schema/file/validate.ts";
import { fileKindOf } from "../../schema/flag/file-kind.ts";
import { defaultProject, type Project, projectFile } from "../../schema/project/project.ts";
import { maxFileBytes } from "../../schema/yaml/decode.ts";
import { readBlobs } from "../git/blobs.ts";
import { readObjects } from "../git/objects.ts";
import type { TreeEntry } from "../git/tree.ts";
import { entryOf, parseBlob } from "./entry.ts";

/** The project of a commit, and the files that it was read from. */
export interface ProjectReading {
  /** Missing if the files have errors. */
  readonly project: Project | undefined;
  readonly entries: readonly Entry[];
}

/** Reads the project from the files of a commit. */
export async function readProject(
  directory: string,
  tree: readonly TreeEntry[],
): Promise<ProjectReading> {
  const files = tree.filter(({ file }) => ["project", "policy"].includes(fileKindOf(file)));
  const entries: Entry[] = [];
  for (const { file, mode, object } of files) {
    const isPlain = mode === "100644" && file.endsWith(".yaml");
    const parse = fileKindOf(file) === "policy" ? parsePolicyFile : parseProjectFile;
    let content: ParsedFile | undefined;
    for await (const blob of readBlobs(directory, isPlain ? [object] : [])) {
      content = parseBlob(blob, parse);
    }
    entries.push(entryOf(file, mode, content));
  }
  return { entries, project: resolveProject(entries, files[0]?.object ?? "") };
}

/** The project of each revision. Revisions without a valid one are left out. */
export async function readProjects(
  directory: string,
  revisions: readonly string[],
): Promise<Map<string, Project>> {
  /** By object; `""` for a revision without the file. */
  const projects = new Map<string, Project | undefined>([["", defaultProject]]);
  const found = new Map<string, Project>();
  const names = revisions.map((revision) => `${revision}:${projectFile}`);
  for await (const { name, type, ...blob } of readObjects(directory, names, maxFileBytes)) {
    const object = type === "blob" ? blob.id : "";
    if (!projects.has(object)) {
      const entry = entryOf(projectFile, "100644", parseBlob(blob, parseProjectFile));
      projects.set(object, resolveProject([entry], object));
    }
    const project = projects.get(object);
    if (project) found.set(name.slice(0, name.indexOf(":")), project);
  }
  return found;
}
