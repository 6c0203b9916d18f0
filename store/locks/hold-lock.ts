import { utimesSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  describeHolder,
  type Holder,
  isDead,
  newHolder,
  readHolder,
  refreshedMs,
  release,
  retire,
  take,
  unknown,
} from "./lock-file.ts";

export interface HoldOptions {
  /** Called once if it takes time, up to `staleMs`, to find out whether the holder is alive. */
  readonly onWait?: (holder: string, staleMs: number) => void;
  /** Called once if another process took the lock over, because this one did not refresh it in time. */
  readonly onLost: (holder: string) => void;
  /** Time between two refreshes of the lock. */
  readonly refreshMs?: number;
  /** A lock that is not refreshed for this long is taken over. */
  readonly staleMs?: number;
}

/**
 * Takes the lock `file` for a process that works for a long time, and refreshes it. Returns a function
 * that releases it. Takes over the lock of a dead process of this host at once. Any other lock is
 * watched: throws if its holder refreshes it, and takes it over after `staleMs` if not. Its age is not
 * used, because clocks of hosts differ.
 */
export async function holdLock(file: string, options: HoldOptions): Promise<() => void> {
  const holder = newHolder();
  try {
    await takeOver(file, holder, options);
  } catch (error) {
    release(file, holder);
    throw error;
  }
  const timer = setInterval(() => {
    const other = refresh(file, holder);
    if (other === undefined) return;
    clearInterval(timer);
    options.onLost(describeHolder(other));
  }, options.refreshMs ?? 2_000).unref();
  return () => {
    clearInterval(timer);
    release(file, holder);
  };
}

async function takeOver(file: string, holder: Holder, options: HoldOptions): Promise<void> {
  const { staleMs = 30_000, onWait } = options;
  const startedMs = performance.now();
  const seenMs = refreshedMs(file);
  for (let attempt = 0; !take(file, holder); attempt += 1) {
    const [other, atMs] = [readHolder(file), refreshedMs(file)];
    const waitedMs = performance.now() - startedMs;
    if (waitedMs > 2 * staleMs) {
      const hint = `if no server works there, delete "${file}" and the files "${file}.*"`;
      throw new Error(`Cannot take over the lock of ${describeHolder(other ?? unknown)}: ${hint}`);
    }
    await pause(20);
    if (other === undefined || atMs === undefined) continue;
    if (atMs !== seenMs && !isDead(other)) {
      const hint = "stop it, or set FLAGS_DATA to another directory";
      throw new Error(
        `Cannot use "${path.dirname(file)}": ${describeHolder(other)} works in it; ${hint}`,
      );
    }
    if (isDead(other) || waitedMs > staleMs) retire(file, other, holder);
    else if (attempt === 0) onWait?.(describeHolder(other), staleMs);
  }
}

/** Returns the process that has the lock instead of `holder`. */
function refresh(file: string, holder: Holder): Holder | undefined {
  try {
    const found = readHolder(file);
    if (found && found.id !== holder.id && found !== unknown) return found;
    const now = new Date();
    // Somebody deleted the directory: the lock is made again once the directory is there.
    if (found) utimesSync(file, now, now);
    else take(file, holder);
  } catch {
    // Too many files are open, the disk has a fault, or the directory is missing. The next refresh follows soon.
  }
  return undefined;
}
