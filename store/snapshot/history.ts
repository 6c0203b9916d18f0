/**
 * When each flag came and when it last changed, from the first-parent history of a commit.
 *
 * A flag changes when the change lands on the branch, not when someone typed it: a merge is one
 * change, at the time of the merge. Order is the order of commits, never of their clocks.
 */
import { flagNameOf } from "../../schema/flag/name.ts";
import { policyFile } from "../../schema/project/policy.ts";
import { projectFile } from "../../schema/project/project.ts";
import { type BranchCommit, type FileChange, readCommits } from "./first-parent-log.ts";

export interface History {
  /** The commit up to which this is known. */
  readonly commit: string;
  /** Committer time of `commit`, in seconds since 1970. */
  readonly committed: number;
  /** Committer time of the last commit that touched `flags/` or `bunting.yaml`; before any, of the first commit. */
  readonly touched: number;
  /** By name; flags that are gone are not in it. */
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
 * The history of `commit`, read once; from `known` on where that lies on the same first-parent line.
 * The cost is one pass over the commits that are new.
 */
export async function readHistory(
  directory: string,
  commit: string,
  known?: History,
): Promise<History> {
  if (known?.commit === commit) return known;
  const history = known && (await extend(directory, commit, known));
  return history ?? (await extend(directory, commit, undefined)) ?? unreachable(commit);
}

/** Nothing where `commit` does not descend from `known` by first parents. */
async function extend(
  directory: string,
  commit: string,
  known: History | undefined,
): Promise<History | undefined> {
  const line = new HistoryLine(known);
  for await (const landed of readCommits(directory, commit, known?.commit)) {
    if (!line.add(landed)) return undefined;
  }
  const history = line.history;
  return history.commit === commit ? history : undefined;
}

/** A history that grows, commit by commit. */
export class HistoryLine {
  #commit: string;
  #committed: number;
  #touched: number | undefined;
  readonly #flags: Map<string, FlagHistory>;

  constructor(known?: History) {
    this.#commit = known?.commit ?? "";
    this.#committed = known?.committed ?? 0;
    this.#touched = known?.touched;
    this.#flags = new Map(known?.flags);
  }

  /** False where `landed` does not follow on the last one by its first parent. */
  add(landed: BranchCommit): boolean {
    if (landed.parent !== this.#commit) return false;
    this.#commit = landed.commit;
    this.#committed = landed.time;
    this.#touched ??= landed.time;
    const changes = landed.changes.filter(({ file }) => file.startsWith("flags/"));
    const isProject = landed.changes.some(({ file }) => file === projectFile);
    if (changes.length > 0 || isProject) this.#touched = landed.time;
    land(this.#flags, landed.time, changes);
    return true;
  }

  get history(): History {
    const [commit, committed] = [this.#commit, this.#committed];
    return { commit, committed, touched: this.#touched ?? committed, flags: this.#flags };
  }
}

function land(flags: Map<string, FlagHistory>, time: number, changes: readonly FileChange[]): void {
  const before = new Map<string, FlagHistory | undefined>();
  for (const { file, object } of changes) {
    if (!file.endsWith(".yaml") || file === policyFile) continue;
    const name = flagNameOf(file);
    const flag = flags.get(name);
    if (!before.has(name)) before.set(name, flag);
    const blobs = put(flag?.blobs, file, object);
    flags.set(name, { created: time, updated: time, blobs });
  }
  for (const [name, earlier] of before) {
    const flag = flags.get(name);
    if (!flag || Object.keys(flag.blobs).length === 0) flags.delete(name);
    else if (earlier) {
      const updated = haveSameContent(earlier, flag) ? earlier.updated : time;
      flags.set(name, { created: earlier.created, updated, blobs: flag.blobs });
    }
  }
}

function put(
  blobs: FlagHistory["blobs"] | undefined,
  file: string,
  object: string | undefined,
): FlagHistory["blobs"] {
  // Ten thousand come at once, and nearly all are new.
  if (!blobs && object !== undefined) return { [file]: object };
  const { [file]: _, ...others } = blobs ?? {};
  return object === undefined ? others : { ...others, [file]: object };
}

/** Also true after a move: the same content in another folder. */
function haveSameContent(a: FlagHistory, b: FlagHistory): boolean {
  const [before, after] = [a, b].map(({ blobs }) => Object.values(blobs).sort().join());
  return before === after;
}

function unreachable(commit: string): never {
  throw new Error(`Cannot read the history of ${commit}: git did not list it`);
}
