/** Child processes that end with this process, together with everything that they started. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";

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
  add(child);
  child.once("close", () => remove(child));
  return child;
}

/** This process no longer waits for the child, which must end by itself when its input ends. */
export function unrefChild(child: ChildProcessWithoutNullStreams): void {
  remove(child);
  for (const handle of handlesOf(child)) handle.unref();
}

/** Undoes `unrefChild()`. Throws if this process is ending. */
export function refChild(child: ChildProcessWithoutNullStreams): void {
  if (isEnding) throw new Error("Cannot use a process of git: this process is ending");
  if (child.exitCode === null && child.signalCode === null) add(child);
  for (const handle of handlesOf(child)) handle.ref();
}

function add(child: ChildProcessWithoutNullStreams): void {
  if (running.size === 0) process.prependOnceListener("exit", endOnExit);
  running.add(child);
}

function remove(child: ChildProcessWithoutNullStreams): void {
  running.delete(child);
  if (running.size === 0) process.removeListener("exit", endOnExit);
}

/** What keeps this process alive for a child. The streams of a child are sockets. */
function handlesOf(child: ChildProcessWithoutNullStreams): { ref(): void; unref(): void }[] {
  return [
    child,
    child.stdin as unknown as Socket,
    child.stdout as unknown as Socket,
    child.stderr as unknown as Socket,
  ];
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
