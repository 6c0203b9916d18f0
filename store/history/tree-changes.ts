import { type FileChange, parseChange, readTokens } from "../git/log.ts";
import { objectId } from "../git/object-id.ts";

/** How the files of `commit` differ from those of `base` (`""`: from none); `undefined` if more than `maxChanges` do. */
export async function readChanges(
  directory: string,
  base: string,
  commit: string,
  maxChanges: number,
): Promise<FileChange[] | undefined> {
  const from = base === "" ? objectId("tree", "", commit) : base;
  const args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--no-relative"];
  args.push("-O/dev/null", "--ignore-submodules=none", "--end-of-options", from, commit);
  const changes: FileChange[] = [];
  let raw = "";
  for await (const tokens of readTokens(directory, args)) {
    for (const token of tokens) {
      if (raw === "") {
        raw = token;
        continue;
      }
      if (changes.length === maxChanges) return undefined;
      changes.push(parseChange(raw, token));
      raw = "";
    }
  }
  return changes;
}
