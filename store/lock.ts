import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly id: string;
}

/**
 * Runs `work` while no other process holds the lock `file`. The lock of a process that died is
 * taken over; for one that lives it waits, at most `patience` milliseconds.
 */
export async function withLock<T>(
  file: string,
  patience: number,
  work: () => Promise<T>,
): Promise<T> {
  const own: Holder = { pid: process.pid, host: hostname(), id: randomUUID() };
  const deadline = Date.now() + patience;
  while (!take(file, own)) {
    const holder = readHolder(file);
    if (holder && isDead(holder)) retire(file, holder);
    else if (Date.now() > deadline) {
      const { pid, host } = holder ?? { pid: "?", host: "?" };
      const cure = `if process ${pid} on ${host} is gone, delete "${file}"`;
      throw new Error(`Cannot lock "${file}": another process holds it; ${cure}`);
    } else await pause(20 + Math.random() * 30);
  }
  try {
    return await work();
  } finally {
    if (readHolder(file)?.id === own.id) rmSync(file, { force: true });
  }
}

/** A link appears with its content or not at all. */
function take(file: string, own: Holder): boolean {
  const draft = `${file}.${own.id}`;
  writeFileSync(draft, JSON.stringify(own));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Takes a dead process's lock away, by a rename that one of many can win; puts back what was not that lock. */
function retire(file: string, dead: Holder): void {
  const grave = `${file}.${randomUUID()}`;
  try {
    renameSync(file, grave);
    if (readHolder(grave)?.id !== dead.id) linkSync(grave, file);
  } catch {
    // Another process was faster; the next round sees what it left.
  }
  rmSync(grave, { force: true });
}

function readHolder(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}

function isDead({ pid, host }: Holder): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
