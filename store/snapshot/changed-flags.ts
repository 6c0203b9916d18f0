/**
 * The flags that commits changed, read without the others. They are parsed and checked as all flags
 * are. If other flags or files matter too, the functions return `undefined`, and the caller reads
 * everything.
 */
import { parseFlagFile } from "../../schema/file/parsed-file.ts";
import { isReadable, validateAlone } from "../../schema/file/validate.ts";
import { fileKindOf, isFlagFile } from "../../schema/flag/file-kind.ts";
import { flagNameOf } from "../../schema/flag/name.ts";
import { findFlag, type Snapshot, secondsOf } from "../../schema/flag/snapshot.ts";
import { isError } from "../../schema/problem/problem.ts";
import type { Project } from "../../schema/project/project.ts";
import { entryOf, parseBlob } from "../commit/entry.ts";
import type { KnownFile } from "../commit/parsed-files.ts";
import { readBlobs } from "../git/blobs.ts";
import { objectId } from "../git/object-id.ts";
import { differsWithin } from "../git/tree-difference.ts";
import { type BranchCommit, readCommits } from "../history/first-parent-log.ts";
import { type FlagHistory, HistoryLine } from "../history/history.ts";
import type { CreatedCommit } from "../remote/commits.ts";
import { snapshot } from "./snapshot.ts";

/** The flags that changed between two commits. */
export interface Changes {
  /** Holds the changed flags only, without what they refer to. */
  readonly snapshot: Snapshot;
  /** The names of the changed and of the removed flags. */
  readonly names: ReadonlySet<string>;
  /** The changed files, with their sizes in bytes. */
  readonly files: readonly (readonly [file: string, bytes: number])[];
}

/** For more changes, reading everything is as fast. */
const maxChanges = 1_000;

/**
 * What `commits` changed since `from`. `texts` are contents that need not be read, by object.
 * `undefined` if the changed files are not enough: the commits are not on the same line, or a flag is
 * not valid.
 */
export async function readChangedFlags(
  directory: string,
  from: Snapshot,
  commits: readonly BranchCommit[],
  texts: ReadonlyMap<string, string>,
): Promise<Changes | undefined> {
  const { project } = from;
  const earlier = readEarlier(commits, from);
  if (!earlier) return undefined;
  const line = new HistoryLine({
    commit: from.commit,
    committed: secondsOf(from.committed_at),
    touched: secondsOf(from.updated_at),
    flags: earlier,
  });
  if (!commits.every((one) => line.add(one))) return undefined;
  const { history } = line;

  const modes = new Map(
    commits.flatMap(({ changes }) => changes.map(({ file, mode }) => [file, mode])),
  );
  const files = [...history.flags.values()].flatMap(({ blobs }) => Object.entries(blobs));
  const readable = files.filter(([file]) => isReadable(file, modes.get(file) ?? ""));
  const objects = new Set(readable.map(([, object]) => object));
  const contents = await readContents(directory, project, objects, texts);
  const entries = files.map(([file, object]) =>
    entryOf(file, modes.get(file) ?? "", contents.get(object)?.content),
  );
  const validated = validateAlone(entries, project, "");
  if (validated.problems.some(isError)) return undefined;
  const names = new Set([...modes.keys()].filter(isFlagFile).map(flagNameOf));
  return {
    snapshot: snapshot({ ...validated, objects: new Map() }, project, history),
    names,
    files: files.map(([file, object]) => [file, contents.get(object)?.size ?? 0]),
  };
}

/**
 * The commits from `after` to `commit`, oldest first, with what they changed below `flags/`.
 * `undefined` if those are many files, or other files than flags.
 */
export async function readNewCommits(
  directory: string,
  after: string,
  commit: string,
): Promise<BranchCommit[] | undefined> {
  if (!(await differsWithin(directory, [after, commit], "flags", maxChanges))) return undefined;
  const read: BranchCommit[] = [];
  let seen = 0;
  for await (const next of readCommits(directory, commit, after, maxChanges)) {
    if (next.isSkipped || next.changes.some(({ file }) => isMisnamed(file))) return undefined;
    const changes = next.changes.filter(
      ({ file }) => /^flags(?:\/|$)/.test(file) || fileKindOf(file) !== "flag",
    );
    seen += changes.length;
    if (seen > maxChanges || !changes.every(({ file }) => isFlagFile(file))) return undefined;
    read.push({ ...next, changes });
  }
  return read;
}

/** As `readNewCommits()`, for commits that were just made on `from`, and the new texts by object. */
export function describeCommits(
  created: readonly CreatedCommit[],
  from: Snapshot,
): { commits: BranchCommit[] | undefined; texts: Map<string, string> } {
  const objects = new Map<string, string | undefined>();
  const texts = new Map<string, string>();
  const commits = created.map(({ id, parent, time, files }) => {
    const changes = files.map(({ file, text }) => {
      const flag = findFlag(from.flags, flagNameOf(file));
      const known = flag?.file === file ? flag.object : undefined;
      const before = objects.has(file) ? objects.get(file) : known;
      const object = text === undefined ? undefined : objectId("blob", text, id);
      objects.set(file, object);
      if (text !== undefined && object !== undefined) texts.set(object, text);
      return { file, mode: "100644", before, object };
    });
    return { commit: id, parent, time, changes, isMerge: false, isSkipped: false };
  });
  return { commits: [...objects.keys()].every(isFlagFile) ? commits : undefined, texts };
}

/** Whether a file is in a folder whose name differs from `flags` only by case. */
function isMisnamed(file: string): boolean {
  return /^flags(?:\/|$)/i.test(file) && !file.startsWith("flags");
}

/** The flags before they changed; `undefined` if another file has one of their names. */
function readEarlier(
  commits: readonly BranchCommit[],
  { flags }: Snapshot,
): Map<string, FlagHistory> | undefined {
  const before = new Map<string, string | undefined>();
  for (const change of commits.flatMap(({ changes }) => changes)) {
    if (!before.has(change.file)) before.set(change.file, change.before);
  }
  const earlier = new Map<string, FlagHistory>();
  for (const [file, object] of before) {
    const name = flagNameOf(file);
    if (object === undefined) continue;
    const flag = earlier.has(name) ? undefined : findFlag(flags, name);
    if (!flag) return undefined;
    const [created, updated] = [secondsOf(flag.created_at), secondsOf(flag.updated_at)];
    earlier.set(name, { created, updated, blobs: { [file]: object } });
  }
  const isFree = (name: string) => earlier.has(name) || !findFlag(flags, name);
  return [...before.keys()].every((file) => isFree(flagNameOf(file))) ? earlier : undefined;
}

async function readContents(
  directory: string,
  project: Project,
  objects: ReadonlySet<string>,
  texts: ReadonlyMap<string, string>,
): Promise<Map<string, KnownFile>> {
  const contents = new Map<string, KnownFile>();
  const parse = (bytes: Buffer) => parseFlagFile(bytes, project);
  for (const object of objects) {
    const text = texts.get(object);
    if (text === undefined) continue;
    const bytes = Buffer.from(text);
    contents.set(object, { content: parse(bytes), size: bytes.length });
  }
  const unread = [...objects].filter((object) => !contents.has(object));
  for await (const blob of readBlobs(directory, unread))
    contents.set(blob.id, { content: parseBlob(blob, parse), size: blob.bytes.length });
  return contents;
}
