import { setTimeout as pause } from "node:timers/promises";
import {
  describeHolder,
  type Holder,
  isDead,
  newHolder,
  readHolder,
  release,
  retire,
  take,
  unknown,
} from "./lock-file.ts";

/**
 * Runs `work` while no other process holds the lock `file`. Takes over the lock of a dead process;
 * waits for a living one, at most `timeoutMs` milliseconds.
 *
 * A lock that is refreshed by a timer, as `proper-lockfile` has it, does not fit: a publisher can
 * keep the event loop busy for longer than such a lock lasts, and would lose it while it works.
 */
export async function withLock<T>(
  file: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const holder = newHolder();
  try {
    await acquire(file, timeoutMs, holder);
    return await work();
  } finally {
    release(file, holder);
  }
}

async function acquire(file: string, timeoutMs: number, holder: Holder): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!take(file, holder)) {
    const other = readHolder(file);
    if (performance.now() > deadline) {
      const hint = `if that process is gone, delete "${file}"`;
      throw new Error(
        `Cannot lock "${file}": ${describeHolder(other ?? unknown)} holds it; ${hint}`,
      );
    }
    if (other && isDead(other)) retire(file, other, holder);
    await pause(20 + Math.random() * 30);
  }
}
