/**
 * When each flag came and when it last changed, from the first-parent history of a commit.
 *
 * A flag changes when the change lands on the branch, not when someone typed it: a merge is one
 * change, at the time of the merge. Order is the order of commits, never of their clocks.
 */
import { nameOf } from "../../schema/name.ts";
import { policyFile } from "../../schema/policy.ts";
import { streamGit } from "../git/git.ts";

export interface History {
  /** The commit up to which this is known. */
  readonly commit: string;
  /** Committer time of `commit`, in seconds since 1970. */
  readonly committed: number;
  /** Committer time of the last commit that touched `flags/`; before any, of the first commit. */
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
  add(landed: Landed): boolean {
    if (landed.parent !== this.#commit) return false;
    this.#commit = landed.commit;
    this.#committed = landed.time;
    this.#touched ??= landed.time;
    const changes = landed.changes.filter(({ file }) => file.startsWith("flags/"));
    if (changes.length > 0) this.#touched = landed.time;
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
    const name = nameOf(file);
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

/** A commit on the line of first parents. */
export interface Landed {
  readonly commit: string;
  /** First parent; `""` for the first commit. */
  readonly parent: string;
  readonly time: number;
  readonly changes: readonly FileChange[];
}

interface FileChange {
  readonly file: string;
  /** As git has it, after the change. */
  readonly mode: string;
  /** Id of the content before; missing where the file is new. */
  readonly before: string | undefined;
  /** Id of the new content; missing where the file is gone. */
  readonly object: string | undefined;
}

/** What landed from `after` (exclusive; everything where missing) to `commit`, oldest first. */
export async function* readCommits(
  directory: string,
  commit: string,
  after: string | undefined,
): AsyncGenerator<Landed> {
  const args = ["log", "--reverse", "--first-parent", "--diff-merges=first-parent", "--root"];
  args.push("--raw", "-z", "--no-renames", "--no-abbrev", "--no-relative", "-O/dev/null");
  args.push("--ignore-submodules=none", "--no-show-signature", "--no-notes", "--no-color");
  args.push("--encoding=UTF-8", "--format=%x01%H %ct %P");
  // What was known may since have been lost, as after a force push.
  args.push("--ignore-missing", "--end-of-options", commit);
  if (after !== undefined) args.push(`^${after}`);
  args.push("--");

  let landed: (Landed & { changes: FileChange[] }) | undefined;
  let change = "";
  for await (const tokens of readTokens(directory, args)) {
    for (const token of tokens) {
      if (change !== "") {
        landed?.changes.push(readChange(change, token));
        change = "";
      } else if (token.startsWith("\x01")) {
        if (landed) yield landed;
        const [id = "", time, parent = ""] = token.slice(1).split(" ");
        landed = { commit: id, parent, time: Number(time), changes: [] };
      } else change = token.trimStart();
    }
  }
  if (landed) yield landed;
}

/** `:100644 100644 OLD NEW M`, of a file. */
function readChange(raw: string, file: string): FileChange {
  const [, mode = "", before, object, status] = raw.split(" ");
  return {
    file,
    mode,
    before: status === "A" ? undefined : before,
    object: status === "D" ? undefined : object,
  };
}

/** What stands between NUL bytes, as it arrives. */
async function* readTokens(directory: string, args: readonly string[]): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of streamGit(directory, args)) {
    const tokens = (rest + decoder.decode(chunk, { stream: true })).split("\0");
    rest = tokens.pop() ?? "";
    yield tokens;
  }
}

function unreachable(commit: string): never {
  throw new Error(`Cannot read the history of ${commit}: git did not list it`);
}
