/** Child processes that end with this process, together with everything that they started. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";

/** Time between SIGTERM and SIGKILL. A git that serves a path remote removes its locks in it. */
const graceMs = 1_000;
/** The same time while this process exits. It is shorter, because the process blocks meanwhile. */
const exitGraceMs = 100;

const running = new Set<ChildProcessWithoutNullStreams>();
let isEnding = false;

export interface ChildOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Starts a command in a process group of its own. Throws if it cannot be started; `label` names it
 * in the message.
 */
export async function startChild(
  label: string,
  command: string,
  args: readonly string[],
  options: ChildOptions,
): Promise<ChildProcessWithoutNullStreams> {
  if (isEnding) throw new Error(`Cannot start "${label}": this process is ending`);
  const child = await new Promise<ChildProcessWithoutNullStreams>((resolve, reject) => {
    const started = spawn(command, args, { ...options, detached: true });
    started.once("error", (error: NodeJS.ErrnoException) =>
      reject(new Error(`Cannot start "${label}": ${reasonOf(error, command, options.cwd)}`)),
    );
    // Without a free descriptor there are no streams, and "error" follows.
    if (started.pid !== undefined) resolve(started);
  });
  child.on("error", () => {}); // A signal that could not be sent; "close" follows.
  if (running.size === 0) process.prependOnceListener("exit", endOnExit);
  running.add(child);
  child.once("close", () => {
    running.delete(child);
    if (running.size === 0) process.removeListener("exit", endOnExit);
  });
  return child;
}

function reasonOf(error: NodeJS.ErrnoException, command: string, directory = "."): string {
  const { code = "", message } = error;
  if (code === "EMFILE" || code === "ENFILE")
    return `no file descriptor is free (${code}); raise the limit of open files (ulimit -n)`;
  if (code === "EAGAIN" || code === "ENOMEM")
    return `the system cannot start another process (${code})`;
  if (code === "ENOENT" && !existsSync(directory)) return `there is no directory "${directory}"`;
  if (code === "ENOENT") return `the program "${command}" is not installed`;
  return message;
}

/** Ends a child and all processes of its group. */
export function endChild(child: ChildProcessWithoutNullStreams): void {
  signalGroup(child, "SIGTERM");
  setTimeout(() => signalGroup(child, "SIGKILL"), graceMs).unref();
}

/** Ends all children and starts no others. Resolves when they have ended. */
export async function endChildren(): Promise<void> {
  isEnding = true;
  const ended = [...running].map(
    (child) => new Promise<void>((resolve) => child.once("close", () => resolve())),
  );
  for (const child of running) endChild(child);
  await Promise.all(ended);
}

function endOnExit(): void {
  for (const child of running) signalGroup(child, "SIGTERM");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, exitGraceMs);
  for (const child of running) signalGroup(child, "SIGKILL");
}

function signalGroup({ pid }: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}
