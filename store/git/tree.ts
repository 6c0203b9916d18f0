import { projectFile } from "../../schema/project/project.ts";
import { readGit } from "./git.ts";

/** One file of flags, or `bunting.yaml`. */
export interface TreeEntry {
  /** From the top of the repository: `flags/nutrition/meal_planning.yaml`. */
  readonly file: string;
  /** `100644` for a plain file. */
  readonly mode: string;
  /** Id of the object. */
  readonly object: string;
}

/** `bunting.yaml` and every file below `flags/` at a commit, straight from the object database. */
export async function readTree(directory: string, commit: string): Promise<TreeEntry[]> {
  const args = ["ls-tree", "-r", "-z", "--full-tree", commit, "flags", projectFile];
  const records = (await readGit(directory, args)).split("\0").slice(0, -1);
  return records.map((record) => {
    const tab = record.indexOf("\t");
    return {
      file: record.slice(tab + 1),
      mode: record.slice(0, record.indexOf(" ")),
      object: record.slice(record.lastIndexOf(" ", tab) + 1, tab),
    };
  });
}
