import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/** The process that holds a lock. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly id: string;
}

/** The locks that this process holds or waits for. */
const own = new Set<string>();

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
  const holder: Holder = { pid: process.pid, host: hostname(), id: randomUUID() };
  own.add(holder.id);
  try {
    await acquire(file, timeoutMs, holder);
    return await work();
  } finally {
    own.delete(holder.id);
    if (readHolder(file)?.id === holder.id) rmSync(file, { force: true });
  }
}

async function acquire(file: string, timeoutMs: number, holder: Holder): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!take(file, holder)) {
    const other = readHolder(file);
    if (Date.now() > deadline) {
      const { pid, host } = other ?? { pid: "?", host: "?" };
      const hint = `if process ${pid} on ${host} is gone, delete "${file}"`;
      throw new Error(`Cannot lock "${file}": another process holds it; ${hint}`);
    }
    if (other && isDead(other)) retire(file, other, holder);
    await pause(20 + Math.random() * 30);
  }
}

/** Creates the lock. A link appears with its content or not at all. */
function take(file: string, holder: Holder): boolean {
  const draft = `${file}.${holder.id}`;
  try {
    writeFileSync(draft, JSON.stringify(holder));
    linkSync(draft, file);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    throw new Error(`Cannot lock "${file}": ${message}`, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes a dead process's lock. This needs a second lock, so that a slow process cannot delete the
 * lock of the next holder. The second lock of a dead process is removed in the same way.
 */
function retire(file: string, dead: Holder, holder: Holder): void {
  const claim = `${file}.${dead.id}`;
  if (take(claim, holder)) {
    if (readHolder(file)?.id === dead.id) rmSync(file, { force: true });
    rmSync(claim, { force: true });
    return;
  }
  const claimant = readHolder(claim);
  if (claimant && isDead(claimant)) retire(claim, claimant, holder);
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

/** In a container, the process before this one had the same id, such as 1. */
function isDead({ pid, host, id }: Holder): boolean {
  if (host !== hostname()) return false;
  if (pid === process.pid) return !own.has(id);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
