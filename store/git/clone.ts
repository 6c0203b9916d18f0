/** A bare clone on the disk: whether it is one, whether it is whole, and making it anew. */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { makeDirectory } from "../files/make-directory.ts";
import { type GitOptions, readGit } from "./git.ts";

/** Git in the clone, which is named: a damaged one is an error, and never the repository around it. */
export function inClone(
  directory: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  return readGit(directory, ["--git-dir=.", ...args], options);
}

/** Whether `commit` is `head` or one of its ancestors. */
export async function contains(directory: string, head: string, commit: string): Promise<boolean> {
  const args = ["rev-list", "--max-count=1", "--end-of-options", commit, `^${head}`];
  try {
    return (await inClone(directory, args)) === "";
  } catch (error) {
    const answer = await inClone(directory, ["cat-file", "--batch-check"], { input: commit });
    if (answer.trimEnd().endsWith(" missing")) return false;
    throw error;
  }
}

export async function isClone(directory: string): Promise<boolean> {
  if (!existsSync(directory)) return false;
  const answer = inClone(directory, ["rev-parse", "--is-bare-repository"]).catch(() => "");
  return (await answer).trim() === "true";
}

/** Whether git finds no fault with it. Reads all of it. */
export async function isWhole(directory: string): Promise<boolean> {
  if (!(await isClone(directory))) return false;
  return inClone(directory, ["fsck", "--no-dangling", "--no-progress"]).then(
    () => true,
    () => false,
  );
}

/** Makes a new one beside `directory`, fills it, and puts it in the place of what was there. */
export async function replaceClone(
  directory: string,
  fill: (draft: string) => Promise<void>,
): Promise<void> {
  const [draft, old] = [`${directory}.new`, `${directory}.old`];
  const parent = path.dirname(directory);
  try {
    makeDirectory(parent);
    for (const leftover of [draft, old]) rmSync(leftover, { recursive: true, force: true });
    await readGit(parent, ["init", "--quiet", "--bare", "--template=", draft]);
    await fill(draft);
    if (existsSync(directory)) renameSync(directory, old);
    renameSync(draft, directory);
  } finally {
    for (const leftover of [draft, old]) rmSync(leftover, { recursive: true, force: true });
  }
}

/** Clears locks in a repository in which others may be at work: those that stay are a dead one's. */
export async function clearOldLocks(directory: string, patience = 1_000): Promise<void> {
  const found = locksIn(directory);
  if (found.length === 0) return;
  await pause(patience);
  for (const lock of found.filter((one) => existsSync(one))) rmSync(lock, { force: true });
}

function locksIn(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return entries
    .filter((entry) => entry.endsWith(".lock"))
    .map((lock) => path.join(directory, lock));
}

/** Nobody but this process works in the clone, and that in turns: a lock is a dead one's. */
export function clearLocks(directory: string): void {
  try {
    for (const lock of locksIn(directory)) rmSync(lock, { recursive: true, force: true });
  } catch {
    // There is no clone, or nothing in it can be changed: what comes next will say so.
  }
}
