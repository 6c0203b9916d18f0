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
import { readBlobs } from "../git/blobs.ts";
import { readGit } from "../git/git.ts";
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
  const input = revisions.map((revision) => `${revision}:${projectFile}\n`).join("");
  const answer = await readGit(directory, ["cat-file", "--batch-check"], { input });
  const objects = answer.split("\n").map((line) => {
    const [object = "", type] = line.split(" ");
    return type === "blob" ? object : "";
  });
  const projects = new Map<string, Project | undefined>([["", defaultProject]]);
  const blobs = [...new Set(objects)].filter((object) => object !== "");
  for await (const blob of readBlobs(directory, blobs)) {
    const entry = entryOf(projectFile, "100644", parseBlob(blob, parseProjectFile));
    projects.set(blob.object, resolveProject([entry], blob.object));
  }
  return new Map(
    revisions.flatMap((revision, index) => {
      const project = projects.get(objects[index] ?? "");
      return project ? [[revision, project] as const] : [];
    }),
  );
}
