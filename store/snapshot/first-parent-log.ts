/** What landed on a branch: its commits along first parents, with what each did to files. */
import { streamGit } from "../git/git.ts";

/** A commit on the line of first parents. */
export interface BranchCommit {
  readonly commit: string;
  /** First parent; `""` for the first commit. */
  readonly parent: string;
  readonly time: number;
  readonly changes: readonly FileChange[];
}

export interface FileChange {
  readonly file: string;
  /** As git has it, after the change. */
  readonly mode: string;
  /** Id of the content before; missing where the file is new. */
  readonly before: string | undefined;
  /** Id of the new content; missing where the file is gone. */
  readonly object: string | undefined;
}

/** What landed from `after` (exclusive; everything where missing) to `commit`, oldest first. */
export async function* readCommits(
  directory: string,
  commit: string,
  after: string | undefined,
): AsyncGenerator<BranchCommit> {
  const args = ["log", "--reverse", "--first-parent", "--diff-merges=first-parent", "--root"];
  args.push("--raw", "-z", "--no-renames", "--no-abbrev", "--no-relative", "-O/dev/null");
  args.push("--ignore-submodules=none", "--no-show-signature", "--no-notes", "--no-color");
  args.push("--encoding=UTF-8", "--format=%x01%H %ct %P");
  // What was known may since have been lost, as after a force push.
  args.push("--ignore-missing", "--end-of-options", commit);
  if (after !== undefined) args.push(`^${after}`);
  args.push("--");

  let landed: (BranchCommit & { changes: FileChange[] }) | undefined;
  let change = "";
  for await (const tokens of readTokens(directory, args)) {
    for (const token of tokens) {
      if (change !== "") {
        landed?.changes.push(readChange(change, token));
        change = "";
      } else if (token.startsWith("\x01")) {
        if (landed) yield landed;
        const [id = "", time, parent = ""] = token.slice(1).split(" ");
        landed = { commit: id, parent, time: Number(time), changes: [] };
      } else change = token.trimStart();
    }
  }
  if (landed) yield landed;
}

/** `:100644 100644 OLD NEW M`, of a file. */
function readChange(raw: string, file: string): FileChange {
  const [, mode = "", before, object, status] = raw.split(" ");
  return {
    file,
    mode,
    before: status === "A" ? undefined : before,
    object: status === "D" ? undefined : object,
  };
}

/** What stands between NUL bytes, as it arrives. */
async function* readTokens(directory: string, args: readonly string[]): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of streamGit(directory, args)) {
    const tokens = (rest + decoder.decode(chunk, { stream: true })).split("\0");
    rest = tokens.pop() ?? "";
    yield tokens;
  }
}
