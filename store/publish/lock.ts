import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    if (Date.now() > deadline) {
      const { pid, host } = holder ?? { pid: "?", host: "?" };
      const cure = `if process ${pid} on ${host} is gone, delete "${file}"`;
      throw new Error(`Cannot lock "${file}": another process holds it; ${cure}`);
    }
    if (holder && isDead(holder)) retire(file, holder, own);
    await pause(20 + Math.random() * 30);
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
  try {
    writeFileSync(draft, JSON.stringify(own));
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
 * Takes a dead process's lock away. Only who holds the claim to it may: else one that was slow would
 * take away the lock of the next holder. A claim is a lock itself, and goes the same way.
 */
function retire(file: string, dead: Holder, own: Holder): void {
  const claim = `${file}.${dead.id}`;
  if (take(claim, own)) {
    if (readHolder(file)?.id === dead.id) rmSync(file, { force: true });
    rmSync(claim, { force: true });
    return;
  }
  const claimant = readHolder(claim);
  if (claimant && isDead(claimant)) retire(claim, claimant, own);
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
