/**
 * When each flag was created and last changed, from the commits of a branch (`first-parent-log.ts`).
 *
 * A flag changes when the change arrives on the branch, not when its commit was written: a merge is one
 * change, at the time of the merge. Order is the order of commits, never of their clocks. Times never
 * decrease along the branch: a commit that is dated before an earlier one has the earlier one's time.
 */
import { timeAfter } from "../../schema/flag/commit-time.ts";
import { isFlagFile } from "../../schema/flag/file-kind.ts";
import { flagNameOf } from "../../schema/flag/name.ts";
import { projectFile } from "../../schema/project/project.ts";
import type { FileChange } from "../git/log.ts";
import { type BranchCommit, readCommits } from "./first-parent-log.ts";
import { groupBy } from "./group-by.ts";

export interface History {
  /** The commit up to which this is known. */
  readonly commit: string;
  /** Time of `commit`, in seconds since 1970. */
  readonly committed: number;
  /** Time of the last commit that touched `flags/` or `bunting.yaml`; before any, of the first commit. */
  readonly touched: number;
  /** By name. Flags that are gone are left out. */
  readonly flags: ReadonlyMap<string, FlagHistory>;
}

export interface FlagHistory {
  /** Seconds since 1970. */
  readonly created: number;
  /** Seconds since 1970. */
  readonly updated: number;
  /** Object ids by file: one entry, unless two files claim the same name. */
  readonly blobs: Readonly<Record<string, string>>;
}

/**
 * The history of `commit`, from `known` on if that lies on the same line. It reads each new commit once.
 * `onCommit` receives each of them; it is called with `undefined` when the pass starts again at the
 * first commit.
 */
export async function readHistory(
  directory: string,
  commit: string,
  known?: History,
  onCommit: (commit: BranchCommit | undefined) => void = () => {},
): Promise<History> {
  if (known?.commit === commit) return known;
  const history = known && (await extend(directory, commit, known, onCommit));
  if (history) return history;
  onCommit(undefined);
  const whole = await extend(directory, commit, undefined, onCommit);
  if (whole) return whole;
  throw new Error(`Cannot read the history of ${commit}: git did not list it`);
}

/** `undefined` if `known` is not on the line of `commit`. */
async function extend(
  directory: string,
  commit: string,
  known: History | undefined,
  onCommit: (commit: BranchCommit) => void,
): Promise<History | undefined> {
  const line = new HistoryLine(known);
  for await (const next of readCommits(directory, commit, known?.commit)) {
    if (!line.add(next)) return undefined;
    onCommit(next);
  }
  const { history } = line;
  return history.commit === commit ? history : undefined;
}

/** A history that grows, commit by commit. */
export class HistoryLine {
  readonly #flags: Map<string, FlagHistory>;
  #history: History;

  constructor(known?: History) {
    this.#flags = new Map(known?.flags);
    this.#history = { commit: "", committed: 0, touched: 0, ...known, flags: this.#flags };
  }

  /** False if the parent of `next` is not the last commit. */
  add(next: BranchCommit): boolean {
    const { commit, committed, touched } = this.#history;
    if (next.parent !== commit) return false;
    const time = timeAfter(committed, next.time);
    const changes = next.changes.filter(({ file }) => file.startsWith("flags/"));
    const isProject = next.changes.some(({ file }) => file === projectFile);
    const isTouched = commit === "" || changes.length > 0 || isProject;
    applyChanges(this.#flags, time, changes);
    const times = { committed: time, touched: isTouched ? time : touched };
    this.#history = { commit: next.commit, ...times, flags: this.#flags };
    return true;
  }

  get history(): History {
    return this.#history;
  }
}

/** The cost is linear in the changes, also if thousands of files claim one name. */
function applyChanges(
  flags: Map<string, FlagHistory>,
  time: number,
  changes: readonly FileChange[],
): void {
  for (const [name, ofFlag] of changesByFlag(changes)) {
    const earlier = flags.get(name);
    const blobs: Record<string, string> = { ...earlier?.blobs };
    for (const { file, object } of ofFlag) {
      if (object === undefined) delete blobs[file];
      else blobs[file] = object;
    }
    if (Object.keys(blobs).length === 0) {
      flags.delete(name);
      continue;
    }
    const flag = { created: earlier?.created ?? time, updated: time, blobs };
    const isSame = earlier !== undefined && haveSameContent(earlier, flag);
    flags.set(name, isSame ? { ...flag, updated: earlier.updated } : flag);
  }
}

/** The changes of flag files, by the name of the flag. */
export function changesByFlag(changes: readonly FileChange[]): Map<string, FileChange[]> {
  const ofFlags = changes.filter(({ file }) => isFlagFile(file));
  return groupBy(ofFlags, ({ file }) => flagNameOf(file));
}

/** Also true after a move: the same content in another folder. */
function haveSameContent(a: FlagHistory, b: FlagHistory): boolean {
  const [before, after] = [a, b].map(({ blobs }) => Object.values(blobs).sort().join());
  return before === after;
}
