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

export interface GitOptions {
  readonly input?: string;
  /** Ends the command, and with it every process that it started. */
  readonly signal?: AbortSignal | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * The standard output of a git command, in chunks, for answers that are long or need an input:
 * what simple-git cannot do. Throws with git's own words when it fails.
 */
export async function* streamGit(
  directory: string,
  args: readonly string[],
  { input = "", signal, env = environment }: GitOptions = {},
): AsyncGenerator<Buffer> {
  const command = `git ${args.find((arg) => /^[a-z][a-z-]*$/.test(arg))}`;
  const late = new Error(`Cannot finish "${command}": it took too long`);
  if (signal?.aborted) throw late;
  // In a group of its own, so that its helpers end with it: one that hangs would keep the pipe open.
  const child = spawn("git", args, { cwd: directory, env, detached: signal !== undefined });
  const abort = () => {
    endGroup(child.pid);
    child.stdout.destroy(late);
  };
  signal?.addEventListener("abort", abort, { once: true });
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
      throw new Error(`Cannot run "${command}": ${complaint.trim() || `exit ${code}`}`);
  } finally {
    signal?.removeEventListener("abort", abort);
    child.kill();
  }
}

/** How long those who are told to end may take, in milliseconds. */
const grace = 1_000;

/**
 * Of a remote that is a path, its own git is in the group too: killed at once, it would leave a
 * lock there that nobody clears.
 */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  signalGroup(leader, "SIGTERM");
  setTimeout(() => signalGroup(leader, "SIGKILL"), grace).unref();
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // It has ended by itself.
  }
}

/** All of it, as text. */
export async function readGit(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamGit(directory, args, options)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** For commands that reach other machines: how they do is the operator's to say. */
export function remoteEnvironment(): Readonly<Record<string, string>> {
  const theirs = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      /^GIT_(SSH|SSL|ASKPASS|PROXY|CONFIG|HTTP)/.test(entry[0]) && entry[1] !== undefined,
  );
  return { ...environment, ...Object.fromEntries(theirs) };
}

const environment: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => !entry[0].startsWith("GIT_") && entry[1] !== undefined,
    ),
  ),
  GIT_GRAFT_FILE: devNull,
  // Else its errors begin with a hint about that file.
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "advice.graftFileDeprecated",
  GIT_CONFIG_VALUE_0: "false",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};
