import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** A program in the background, which ends together with this process, also after `kill -9`. */
export interface Daemon {
  /** Resolves when `probe` does; rejects with the program's output if the program ends before. */
  ready(probe: () => Promise<unknown>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A shell guards the program: its stdin is a pipe that only this process holds open. When the pipe
 * closes (by `stop()`, or by `kill -9` of this process), or when the program ends by itself, the shell
 * kills its process group, which has the program and its children.
 */
const GUARD = '("$@"; kill -KILL 0) & read -r _; kill -KILL 0';
const READY_TIMEOUT_MS = 50_000;

export function startDaemon(logFile: string, command: readonly [string, ...string[]]): Daemon {
  const log = openSync(logFile, "a");
  const guard = spawn("sh", ["-c", GUARD, "guard", ...command], {
    detached: true,
    stdio: ["pipe", log, log],
  });
  const ended = once(guard, "exit");

  async function ready(probe: () => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    for (;;) {
      try {
        await probe();
        return;
      } catch (cause) {
        const running = guard.exitCode === null && guard.signalCode === null;
        if (!running || performance.now() > deadline) {
          const state = running ? "runs, but is not ready" : "has ended";
          const output = readFileSync(logFile, "utf8").slice(-2000);
          throw new Error(`Cannot use "${command[0]}": it ${state}: ${output}`, { cause });
        }
      }
      await pause(20);
    }
  }

  async function stop(): Promise<void> {
    guard.stdin?.end();
    await ended;
  }
  return { ready, stop };
}
