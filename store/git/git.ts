/** The one place that starts git. Arguments are fixed by the caller; text from outside follows `--end-of-options`. */
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { endChild, startChild } from "./children.ts";
import { gitEnvironment, overridingOptions } from "./environment.ts";

export interface GitOptions {
  readonly input?: string;
  /** Ends the command and every process that it started. */
  readonly signal?: AbortSignal | undefined;
  /** Settings that must not show in the arguments, for example a credential helper. */
  readonly config?: readonly (readonly [key: string, value: string])[];
  readonly env?: Readonly<Record<string, string>>;
}

/** git ended with an error. `message` has git's own message, without advice. */
export class GitError extends Error {
  override readonly name = "GitError";
}

/** Number of characters at the end of git's error output that are kept. */
export const maxErrorLength = 4_096;

/** Starts a git command in `directory`. Its output, its errors and its end are left to the caller. */
export function startGit(
  directory: string,
  args: readonly string[],
  { config = [], env = {} }: Pick<GitOptions, "config" | "env"> = {},
): Promise<ChildProcessWithoutNullStreams> {
  return startChild(labelOf(args), "git", [...overridingOptions, ...args], {
    cwd: directory,
    env: gitEnvironment(config, env),
  });
}

/** The command in messages: `git cat-file`. */
function labelOf(args: readonly string[]): string {
  return `git ${args.find((arg) => /^[a-z][a-z-]*$/.test(arg))}`;
}

/**
 * The standard output of a git command in `directory`, in chunks. Git is ended if the caller stops
 * reading. Throws `GitError` with git's own message if it fails.
 */
export async function* streamGit(
  directory: string,
  args: readonly string[],
  { input = "", signal, ...options }: GitOptions = {},
): AsyncGenerator<Buffer> {
  const label = labelOf(args);
  const late = new GitError(`Cannot finish "${label}": it took too long`);
  if (signal?.aborted) throw late;
  const child = await startGit(directory, args, options);
  const abort = () => {
    endChild(child);
    child.stdout.destroy(late);
  };
  signal?.addEventListener("abort", abort, { once: true });
  const closed = new Promise<string>((resolve) => {
    child.once("close", (code, killedBy) =>
      resolve(code === 0 ? "" : killedBy ? `it was ended by ${killedBy}` : `exit ${code}`),
    );
  });
  let errorOutput = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errorOutput = (errorOutput + text).slice(-maxErrorLength);
  });
  child.stdin.on("error", () => {}); // Git may stop reading early; its exit code says why.
  child.stdin.end(input);
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const failure = await closed;
    if (failure !== "")
      throw new GitError(`Cannot run "${label}": ${withoutAdvice(errorOutput) || failure}`);
  } finally {
    signal?.removeEventListener("abort", abort);
    child.kill();
  }
}

/** Lines of git and ssh that do not say what failed. */
const advice =
  /^(?:hint:.*|Please make sure you have the correct access rights|and the repository exists\.|Warning: Permanently added .*)?$/;

/** Git's error output without its advice. The line "Could not read from remote repository" stays only if no other line has the reason. */
export function withoutAdvice(output: string): string {
  const lines = output.split(/\r?\n/).filter((line) => !advice.test(line.trim()));
  const reasons = lines.filter((line) => line !== "fatal: Could not read from remote repository.");
  return (reasons.length > 0 ? reasons : lines).join("\n");
}

/** The whole standard output of a git command, as text. */
export async function readGit(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamGit(directory, args, options)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * The lines that `git rev-parse` answers about the clone in `directory`. If there is none, the message
 * of the error starts with `failure` and ends with the fix.
 */
export async function parseRevision(
  directory: string,
  questions: readonly string[],
  failure: string,
): Promise<string[]> {
  try {
    const answer = await readGit(directory, ["rev-parse", ...questions]);
    return answer.replace(/\n$/, "").split("\n");
  } catch (error) {
    const why = (error as Error).message.replace(/^Cannot run "git rev-parse": (fatal: )?/, "");
    const hint = why.startsWith("not a git repository") ? `\n  hint: ${noCloneHint}` : "";
    throw new Error(`${failure}: ${why}${hint}`, { cause: error });
  }
}

const noCloneHint = 'run the command inside the repository, or create one with "git init"';
