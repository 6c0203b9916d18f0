/** Commits in a person's work tree, made by that person's git: with their identity, but without hooks. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { ChangeSet } from "../../schema/change/change-set.ts";
import { parseRevision, readGit } from "./git.ts";

/** The top of the work tree that `directory` is in. Throws if there is none. */
export async function workTreeOf(directory: string): Promise<string> {
  const failure = `Cannot find a work tree at "${directory}"`;
  const [top = ""] = await parseRevision(directory, ["--show-toplevel"], failure);
  return top;
}

/** The files among `files` that differ from the last commit, staged, not staged or untracked. */
export async function findUncommitted(top: string, files: readonly string[]): Promise<string[]> {
  const args = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"];
  const answer = await readGit(top, [...args, "--ignored", "--", ...files.map(literal)]);
  return answer
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => line.slice(3));
}

/** Writes the files of each change set and commits them, one commit each. Other files stay as they are. */
export async function commitFiles(top: string, changes: readonly ChangeSet[]): Promise<void> {
  for (const { files, subject } of changes) {
    for (const { file, text } of files) {
      const fullPath = path.join(top, file);
      if (text === undefined) rmSync(fullPath);
      else {
        mkdirSync(path.dirname(fullPath), { recursive: true });
        writeFileSync(fullPath, text);
      }
    }
    const names = files.map(({ file }) => literal(file));
    await readGit(top, ["add", "--all", "--force", "--", ...names]);
    await readGit(top, ["commit", "--quiet", "--only", `--message=${subject}`, "--", ...names]);
  }
}

function literal(file: string): string {
  return `:(top,literal)${file}`;
}
