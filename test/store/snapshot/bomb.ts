/** Commits that are small in git and huge for their readers. */
import { type TestRepository, testRepository } from "../../git/repository.ts";

export const file = "flags/team/a.yaml";
export const [on, off] = ["enabled: true\n", "enabled: false\n"];
export const start = 1_725_105_600;
/** A folder of `width` entries, each of them the same folder, and so on; files at the bottom. */
export function nestFolders(made: TestRepository, width: number, depth: number): string {
  const blob = made.run(["hash-object", "-w", "--stdin"], { input: on });
  const list = (mode: string, type: string, id: string, name: (entry: number) => string) =>
    Array.from({ length: width }, (_, entry) => `${mode} ${type} ${id}\t${name(entry)}\n`).join("");
  let tree = made.run(["mktree"], {
    input: list("100644", "blob", blob, (entry) => `f${entry}.yaml`),
  });
  for (let level = 1; level < depth; level++)
    tree = made.run(["mktree"], { input: list("040000", "tree", tree, (entry) => `d${entry}`) });
  return tree;
}

/** Adds the folder `flags/bomb` to the files of `parent`, or removes it. */
export function commitWith(
  made: TestRepository,
  parent: string,
  bomb: string | null,
  time: number,
): string {
  const flags = made.git("ls-tree", `${parent}:flags`).split("\n");
  const others = flags.filter((line) => !line.endsWith("\tbomb"));
  const all = bomb === null ? others : [...others, `040000 tree ${bomb}\tbomb`];
  const folder = made.run(["mktree"], { input: `${all.join("\n")}\n` });
  const root = made.run(["mktree"], { input: `040000 tree ${folder}\tflags\n` });
  const env = { GIT_COMMITTER_DATE: `@${time} +0000` };
  return made.run(["commit-tree", root, "-p", parent, "-m", "Change flags"], { env });
}

/** A repository in which a commit adds the bomb, another removes it, and a third changes a flag. */
export function bombed(width = 10, depth = 6) {
  const made = testRepository();
  const first = made.change(start, { [file]: on });
  const bomb = commitWith(made, first, nestFolders(made, width, depth), start + 60);
  const removed = commitWith(made, bomb, null, start + 120);
  made.git("reset", "--quiet", "--hard", removed);
  const next = made.change(start + 180, { [file]: off });
  return { made, directory: made.directory, first, bomb, removed, next };
}
