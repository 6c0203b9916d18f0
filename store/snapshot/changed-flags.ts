/**
 * The flags that commits touched, read without the others. They are read and judged as all flags
 * are; whatever takes a look at the others as well is left to those who read everything.
 */

import { type ParsedFile, parseFlagFile } from "../../schema/file/parsed-file.ts";
import { isReadable, kindOf, validate } from "../../schema/file/validate.ts";
import { flagNameOf } from "../../schema/flag/name.ts";
import {
  type Snapshot,
  secondsOf,
  type TimedFlag,
  type Timestamp,
} from "../../schema/flag/snapshot.ts";
import type { Project } from "../../schema/project/project.ts";
import { readBlobs } from "../git/blobs.ts";
import { entryOf, parseBlob } from "./entry.ts";
import { type BranchCommit, readCommits } from "./first-parent-log.ts";
import { type FlagHistory, HistoryLine } from "./history.ts";
import { snapshot } from "./snapshot.ts";

/** The flags of a commit, all of them valid. */
export interface KnownFlags {
  readonly commit: string;
  readonly committed_at: Timestamp;
  /** Committer time of the last commit that touched `flags/`. */
  readonly updated_at: Timestamp;
  has(name: string): boolean;
  /** One of its flags; nothing where it cannot be told since when that is as it is. */
  find(name: string): Pick<TimedFlag, "created_at" | "updated_at"> | undefined;
}

/** The flags that changed between two commits. */
export interface Changes {
  /** Holds the changed flags only. */
  readonly snapshot: Snapshot;
  /** The names of the changed and of the removed flags. */
  readonly names: ReadonlySet<string>;
}

/** Beyond so many, reading everything is as fast. */
const maximumChanges = 1_000;

/**
 * What changed with `landed`, up to `commit`. Nothing where that takes more than the files that
 * were touched: it does not descend by first parents, or a flag is not valid.
 */
export async function readChangedFlags(
  directory: string,
  project: Project,
  known: KnownFlags,
  landed: readonly BranchCommit[],
  commit: string,
): Promise<Changes | undefined> {
  const earlier = readEarlier(landed, known);
  if (!earlier) return undefined;
  const line = new HistoryLine({
    commit: known.commit,
    committed: secondsOf(known.committed_at),
    touched: secondsOf(known.updated_at),
    flags: earlier,
  });
  if (!landed.every((one) => line.add(one)) || line.history.commit !== commit) return undefined;
  const { history } = line;

  const modes = new Map(
    landed.flatMap(({ changes }) => changes.map(({ file, mode }) => [file, mode])),
  );
  const files = [...history.flags.values()].flatMap(({ blobs }) => Object.entries(blobs));
  const readable = files.filter(([file]) => isReadable(file, modes.get(file) ?? ""));
  const contents = await readContents(
    directory,
    project,
    new Set(readable.map(([, object]) => object)),
  );
  const entries = files.map(([file, object]) =>
    entryOf(file, modes.get(file) ?? "", contents.get(object)),
  );
  const validated = validate(entries, project, "");
  if (validated.problems.some(({ severity }) => severity === "error")) return undefined;
  const names = new Set([...modes.keys()].filter(isFlagFile).map(flagNameOf));
  return { snapshot: snapshot(validated, project, history), names };
}

/**
 * The commits that landed, oldest first, with what they did below `flags/`. Nothing where that are
 * many files, or others than flags.
 */
export async function readLanded(
  directory: string,
  after: string,
  commit: string,
): Promise<BranchCommit[] | undefined> {
  const read: BranchCommit[] = [];
  let seen = 0;
  for await (const landed of readCommits(directory, commit, after)) {
    const changes = landed.changes.filter(
      ({ file }) => /^flags(?:\/|$)/.test(file) || kindOf(file) !== "flag",
    );
    seen += changes.length;
    if (seen > maximumChanges || !changes.every(({ file }) => isFlagFile(file))) return undefined;
    read.push({ ...landed, changes });
  }
  return read;
}

function isFlagFile(file: string): boolean {
  return file.startsWith("flags/") && file.endsWith(".yaml") && kindOf(file) === "flag";
}

/** What is known of the flags before they were touched; nothing where another file has one of their names. */
function readEarlier(
  landed: readonly BranchCommit[],
  known: KnownFlags,
): Map<string, FlagHistory> | undefined {
  const before = new Map<string, string | undefined>();
  for (const change of landed.flatMap(({ changes }) => changes)) {
    if (!before.has(change.file)) before.set(change.file, change.before);
  }
  const earlier = new Map<string, FlagHistory>();
  for (const [file, object] of before) {
    const name = flagNameOf(file);
    if (object === undefined) continue;
    const flag = known.has(name) && !earlier.has(name) ? known.find(name) : undefined;
    if (!flag) return undefined;
    const [created, updated] = [secondsOf(flag.created_at), secondsOf(flag.updated_at)];
    earlier.set(name, { created, updated, blobs: { [file]: object } });
  }
  const isFree = (name: string) => earlier.has(name) || !known.has(name);
  return [...before.keys()].every((file) => isFree(flagNameOf(file))) ? earlier : undefined;
}

async function readContents(
  directory: string,
  project: Project,
  objects: ReadonlySet<string>,
): Promise<Map<string, ParsedFile>> {
  const contents = new Map<string, ParsedFile>();
  for await (const blob of readBlobs(directory, [...objects])) {
    contents.set(
      blob.object,
      parseBlob(blob, (bytes) => parseFlagFile(bytes, project)),
    );
  }
  return contents;
}
