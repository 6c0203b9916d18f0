/**
 * Git's own programs, asked in a way that does not depend on whose machine it is: no `GIT_*` of a
 * surrounding hook, no replaced objects, no prompt, no translated text.
 */
import { spawn } from "node:child_process";
import { devNull } from "node:os";
import { type SimpleGit, simpleGit } from "simple-git";

/**
 * For commands that answer in a few lines. Arguments from outside follow `--end-of-options`.
 * simple-git keeps `GIT_*`, editors and pagers away from its children by itself.
 */
export function git(directory: string): SimpleGit {
  return simpleGit({ baseDir: directory, config: ["core.useReplaceRefs=false"] });
}

/**
 * The standard output of a git command, in chunks, for answers that are long or need an input:
 * what simple-git cannot do. Throws with git's own words when it fails.
 */
export async function* streamGit(
  directory: string,
  args: readonly string[],
  input = "",
): AsyncGenerator<Buffer> {
  const child = spawn("git", args, { cwd: directory, env: environment });
  const closed = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  closed.catch(() => {});
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-4_096);
  });
  child.stdin.on("error", () => {}); // git may stop reading early; its exit code says why
  child.stdin.end(input);
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const code = await closed;
    if (code !== 0)
      throw new Error(`Cannot run "git ${args[0]}": ${complaint.trim() || `exit ${code}`}`);
  } finally {
    child.kill();
  }
}

/** All of it, as text. */
export async function readGit(directory: string, args: readonly string[]): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamGit(directory, args)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const environment: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => !entry[0].startsWith("GIT_") && entry[1] !== undefined,
    ),
  ),
  GIT_GRAFT_FILE: devNull,
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};
