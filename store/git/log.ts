/** The one reader of `git log`. Its format and options are fixed, so no configuration changes what it reads. */
import { StringDecoder } from "node:string_decoder";
import { streamGit } from "./git.ts";

export interface LogCommit {
  readonly id: string;
  /** Id of the root folder. */
  readonly tree: string;
  readonly parents: readonly string[];
  /** Committer time as the commit has it, in seconds since 1970. It may be any number. */
  readonly time: number;
  readonly author: Person;
  readonly committer: Person;
  /** As it was written, in UTF-8. */
  readonly message: string;
  /** Files that differ from the first parent; empty unless `maxChanges` is set. */
  readonly changes: readonly FileChange[];
  /** Whether there are more than `maxChanges`. Such a commit is the last one that is read. */
  readonly hasMoreChanges: boolean;
}

export interface Person {
  readonly name: string;
  readonly email: string;
}

export interface FileChange {
  readonly file: string;
  /** The mode after the change, as git writes it. */
  readonly mode: string;
  /** Id of the content before; missing if the file is new. */
  readonly before: string | undefined;
  /** Id of the new content; missing if the file is gone. */
  readonly object: string | undefined;
}

export interface LogOptions {
  /** Full ids. Commits that are reachable from these are read, newest first. */
  readonly from: readonly string[];
  /** Full id. Commits that are reachable from it are left out; so is an id that git does not know. */
  readonly after?: string | undefined;
  /** `walk`: all commits. `first-parent`: only along first parents. `given`: `from` alone, in its order. */
  readonly walk?: "all" | "first-parent" | "given";
  readonly merges?: "only";
  readonly order?: "oldest-first";
  /** Counts from the newest. */
  readonly maxCount?: number;
  /** Also reads what each commit changed, up to so many files a commit. */
  readonly maxChanges?: number;
  /** Reads only changes of files that match this git pathspec, and only commits that have any. */
  readonly path?: string;
}

/** Maximum length of a field, in characters. The rest of a message is not used. */
const maxFieldLength = 65_536;
const fields = ["%H", "%T", "%P", "%ct", "%an", "%ae", "%cn", "%ce", "%B"];

/** Reads commits, in the order of the options. Throws `GitError`. */
export async function* readLog(directory: string, options: LogOptions): AsyncGenerator<LogCommit> {
  if (options.from.length === 0) return;
  const parser = new LogParser(options.maxChanges ?? 0);
  for await (const tokens of readTokens(directory, optionsOf(options))) {
    for (const token of tokens) {
      const commit = parser.add(token);
      if (!commit) continue;
      yield commit;
      if (commit.hasMoreChanges) return;
    }
  }
  const last = parser.end();
  if (last) yield last;
}

/** Fields of a commit are found by their number, not by a text, because a message can contain any text. */
class LogParser {
  readonly #maxChanges: number;
  #header: string[] | undefined;
  #commit: (LogCommit & { changes: FileChange[] }) | undefined;
  #change = "";

  constructor(maxChanges: number) {
    this.#maxChanges = maxChanges;
  }

  /** Returns the commit that is complete with this token. */
  add(token: string): LogCommit | undefined {
    if (this.#header) {
      if (this.#header.push(token) === fields.length) {
        this.#commit = parseHeader(this.#header);
        this.#header = undefined;
      }
    } else if (this.#change !== "") {
      const { length } = this.#commit?.changes ?? [];
      if (length === this.#maxChanges) return this.end(true);
      this.#commit?.changes.push(parseChange(this.#change, token));
      this.#change = "";
    } else if (token.startsWith("\x01")) {
      this.#header = [token.slice(1)];
      return this.end();
    } else this.#change = token.trimStart();
    return undefined;
  }

  /** Returns the last commit. */
  end(hasMoreChanges = false): LogCommit | undefined {
    const commit = this.#commit;
    this.#commit = undefined;
    return commit && hasMoreChanges ? { ...commit, hasMoreChanges } : commit;
  }
}

function optionsOf(options: LogOptions): string[] {
  const { from, after, walk = "all", merges, order, maxCount, maxChanges, path } = options;
  const args = ["log", "-z", "--no-show-signature", "--no-notes", "--no-color", "--no-mailmap"];
  args.push("--no-decorate", "--encoding=UTF-8", `--format=%x01${fields.join("%x00")}%x00`);
  if (walk === "first-parent") args.push("--first-parent");
  if (walk === "given") args.push("--no-walk=unsorted", "--first-parent");
  if (walk === "all") args.push("--topo-order");
  if (merges === "only") args.push("--merges");
  if (order === "oldest-first") args.push("--reverse");
  if (maxCount !== undefined) args.push(`--max-count=${maxCount}`);
  if (maxChanges !== undefined) {
    args.push("--diff-merges=first-parent", "--root", "--raw", "--no-renames", "--no-abbrev");
    args.push("--no-relative", "--no-follow", "-O/dev/null", "--ignore-submodules=none");
  } else args.push("--no-patch");
  args.push("--ignore-missing", "--end-of-options", ...from);
  if (after !== undefined) args.push(`^${after}`);
  return [...args, "--", ...(path === undefined ? [] : [path])];
}

function parseHeader(header: readonly string[]): LogCommit & { changes: FileChange[] } {
  const [id = "", tree = "", parents = "", time, author = "", authorEmail = ""] = header;
  const [name = "", email = "", message = ""] = header.slice(6);
  return {
    id,
    tree,
    parents: parents.split(" ").filter((parent) => parent !== ""),
    // Git prints nothing, or 0, for a date that it cannot read.
    time: Number(time) || 0,
    author: { name: author, email: authorEmail },
    committer: { name, email },
    message,
    changes: [],
    hasMoreChanges: false,
  };
}

/** Reads `:100644 100644 OLD NEW M`, which precedes the name of a file. */
export function parseChange(raw: string, file: string): FileChange {
  const [, mode = "", before, object, status] = raw.split(" ");
  return {
    file,
    mode,
    before: status === "A" ? undefined : before,
    object: status === "D" ? undefined : object,
  };
}

/** The texts between NUL bytes, as they arrive, each cut at `maxFieldLength`. */
export async function* readTokens(
  directory: string,
  args: readonly string[],
): AsyncGenerator<string[]> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of streamGit(directory, args)) {
    const tokens = decoder.write(chunk).split("\0");
    tokens[0] = (rest + (tokens[0] ?? "")).slice(0, maxFieldLength);
    rest = tokens.pop() ?? "";
    yield tokens;
  }
}
