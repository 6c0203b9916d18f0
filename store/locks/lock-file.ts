/** A lock between processes: a file that names the process which holds it. */
import { randomUUID } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { timestamp } from "../../schema/flag/snapshot.ts";
import { ifExists } from "../files/if-exists.ts";
import { tryLink } from "../files/try-link.ts";

/** The process that holds a lock. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly id: string;
  /** When it took the lock, or began to wait for it, in UTC. */
  readonly since: string;
}

/** What a lock file without a readable holder counts as: its writer had a power failure. */
export const unknown: Holder = { pid: 0, host: "?", id: "unknown", since: "?" };

/** The locks that this process holds or waits for. */
const own = new Set<string>();

export function newHolder(): Holder {
  const since = timestamp(Math.floor(Date.now() / 1_000));
  const holder = { pid: process.pid, host: hostname(), id: randomUUID(), since };
  own.add(holder.id);
  return holder;
}

/** Never throws: a lock that cannot be read or removed is the lock of a dead process, once this one has ended. */
export function release(file: string, { id }: Holder): void {
  own.delete(id);
  try {
    if (readHolder(file)?.id === id) rmSync(file, { force: true });
  } catch {
    // The next process takes it over.
  }
}

/**
 * Creates the lock. Returns false if there is one. A link appears with its content or not at all. Without
 * links, another process may for a moment find a lock without a readable holder, which it respects.
 */
export function take(file: string, holder: Holder): boolean {
  const draft = `${file}.${holder.id}`;
  try {
    const text = JSON.stringify(holder);
    writeFileSync(draft, text);
    if (!tryLink(draft, file)) create(file, text);
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    throw new Error(`Cannot lock "${file}": ${message}`, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Leaves no empty file if the disk is full. */
function create(file: string, text: string): void {
  const opened = openSync(file, "wx");
  try {
    writeFileSync(opened, text);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(opened);
  }
}

/**
 * Removes a dead process's lock. This needs a second lock, so that a slow process cannot delete the
 * lock of the next holder. The second lock of a dead process is removed in the same way.
 */
export function retire(file: string, dead: Holder, holder: Holder): void {
  const claim = `${file}.${dead.id}`;
  if (take(claim, holder)) {
    try {
      if (readHolder(file)?.id === dead.id) rmSync(file, { force: true });
    } finally {
      rmSync(claim, { force: true });
    }
    return;
  }
  const claimant = readHolder(claim);
  if (claimant && isDead(claimant)) retire(claim, claimant, holder);
}

/** Throws if the file cannot be read, for example because the process has too many open files. */
export function readHolder(file: string): Holder | undefined {
  const text = ifExists(() => readFileSync(file, "utf8"));
  if (text === undefined) return undefined;
  try {
    return (JSON.parse(text) as Holder | null) ?? unknown;
  } catch {
    return unknown;
  }
}

/** When the holder last refreshed its lock, by the clock of the file system. */
export function refreshedMs(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

/** `process 17 on web-1 (since 2026-11-29T08:00:00Z)` */
export function describeHolder({ pid, host, since }: Holder): string {
  return `process ${pid} on ${host} (since ${since})`;
}

/** In a container, the process before this one had the same id, such as 1. */
export function isDead({ pid, host, id }: Holder): boolean {
  if (host !== hostname()) return false;
  return pid === process.pid ? !own.has(id) : !isRunning(pid);
}

/** Whether this host has a process with this id. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
