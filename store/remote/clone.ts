/** A bare clone on the disk: detects missing and damaged clones, and replaces them. */
import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { makeDirectory } from "../files/make-directory.ts";
import { type GitOptions, readGit } from "../git/git.ts";

/** Runs git in the clone. `--git-dir` names it, so that git never uses a repository around a damaged clone. */
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

/** Whether git finds no damaged object in the clone. */
export async function isWhole(directory: string): Promise<boolean> {
  if ((await readObjectFormat(directory)) === undefined) return false;
  return inClone(directory, ["fsck", "--no-dangling", "--no-progress"]).then(
    () => true,
    () => false,
  );
}

export type ObjectFormat = "sha1" | "sha256";

/** The format of a repository whose ids look like `id`. */
export function objectFormatOf(id: string | undefined): ObjectFormat {
  return id?.length === 64 ? "sha256" : "sha1";
}

/** The object format of the bare clone in `directory`; `undefined` if git finds none there. */
export async function readObjectFormat(directory: string): Promise<string | undefined> {
  const args = ["rev-parse", "--is-bare-repository", "--show-object-format"];
  const answer = await inClone(directory, args).catch(() => "");
  return /^true\n(\w+)\n$/.exec(answer)?.[1];
}

/** Makes a new clone beside `directory`, fills it, and puts it in the place of the old one. */
export async function replaceClone(
  directory: string,
  format: ObjectFormat,
  fill: (draft: string) => Promise<void> | void,
): Promise<void> {
  const [draft, old] = [`${directory}.new`, `${directory}.old`];
  const parent = path.dirname(directory);
  try {
    makeDirectory(parent);
    for (const leftover of [draft, old]) rmSync(leftover, { recursive: true, force: true });
    const options = ["--quiet", "--bare", "--template=", `--object-format=${format}`];
    await readGit(parent, ["init", ...options, draft]);
    await fill(draft);
    if (existsSync(directory)) renameSync(directory, old);
    renameSync(draft, directory);
  } finally {
    for (const leftover of [draft, old]) rmSync(leftover, { recursive: true, force: true });
  }
}

const packTimeoutMs = 600_000;

/**
 * Packs the objects of a clone if there are many. In the foreground: a git in the background could
 * outlive this process. A failure changes nothing.
 */
export async function packObjects(directory: string): Promise<void> {
  const args = ["-c", "gc.auto=6700", "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet"];
  const signal = AbortSignal.timeout(packTimeoutMs);
  await inClone(directory, args, { signal }).catch(() => clearLeftovers(directory));
}

/** Removes locks that are older than a second from a repository that other processes may use. */
export async function clearOldLocks(directory: string): Promise<void> {
  const found = findFiles(directory, isLock);
  if (found.length === 0) return;
  await pause(1_000);
  for (const lock of found.filter((one) => existsSync(one))) rmSync(lock, { force: true });
}

/**
 * Removes files of processes that were killed or had a full disk: locks, and unfinished packs and
 * objects. Only this process works in the clone, one command at a time, so none of them is in use.
 */
export function clearLeftovers(directory: string): void {
  try {
    for (const file of findFiles(directory, (one) => isLock(one) || isUnfinished(one)))
      rmSync(file, { recursive: true, force: true });
  } catch {
    // There is no clone, or nothing in it can be changed. The next command reports it.
  }
}

function isLock(file: string): boolean {
  return file.endsWith(".lock");
}

/** `tmp_pack_…`, `tmp_idx_…`, `tmp_obj_…`, `tmp_objdir-…` of git; `signed-…` of `signCommits()`. */
function isUnfinished(file: string): boolean {
  return /^(?:objects[\\/](?:.*[\\/])?(?:tmp_|incoming-)|signed-)[^\\/]*$/.test(file);
}

function findFiles(directory: string, isWanted: (file: string) => boolean): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return files.filter(isWanted).map((file) => path.join(directory, file));
}
