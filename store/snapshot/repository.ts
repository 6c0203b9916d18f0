import { existsSync } from "node:fs";
import path from "node:path";
import { type ParsedFile, parseFlagFile } from "../../schema/file/parsed-file.ts";
import { isReadable, kindOf, type Validated, validate } from "../../schema/file/validate.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import type { Problem } from "../../schema/problem/problem.ts";
import { defaultProject, type Project } from "../../schema/project/project.ts";
import { readBlobs } from "../git/blobs.ts";
import { git, readGit } from "../git/git.ts";
import { readTree } from "../git/tree.ts";
import { Cache } from "./cache.ts";
import { entryOf, parseBlob } from "./entry.ts";
import { type History, readHistory } from "./history.ts";
import { ParsedFiles } from "./parsed-files.ts";
import { readProject } from "./projects.ts";
import { snapshot } from "./snapshot.ts";

/** What a commit holds: always what is wrong with it, and the flags where nothing is. */
export interface Reading {
  /** How many files are flags, or ought to be. */
  readonly files: number;
  readonly problems: readonly Problem[];
  /** Missing where one of the problems is an error. */
  readonly snapshot?: Snapshot;
}

/** `older`: an ancestor. `newer`: a descendant. `unrelated`: neither, on branches that went apart. */
export type Relation = "same" | "older" | "newer" | "unrelated" | "unknown";

/** A clone that holds flags, with a work tree or bare. Reads its objects only, so a dirty work tree changes nothing. */
export class Repository {
  readonly directory: string;
  /** Lies beside its objects. */
  readonly cache: Cache;
  readonly #contents: ParsedFiles;
  #history: History | undefined;

  private constructor(directory: string, gitDirectory: string) {
    this.directory = directory;
    this.cache = new Cache(gitDirectory);
    this.#contents = new ParsedFiles(this.cache);
  }

  /** Throws where `directory` is no clone, or one without its history. */
  static async open(directory: string): Promise<Repository> {
    if (!existsSync(directory)) {
      throw new Error(`Cannot read flags from "${directory}": there is no such directory`);
    }
    const questions = ["--is-shallow-repository", "--git-common-dir"];
    const answer = await readGit(directory, ["rev-parse", ...questions]).catch((error: Error) => {
      const why = error.message.replace(/^Cannot run "git rev-parse": (fatal: )?/, "");
      throw new Error(`Cannot read flags from "${directory}": ${why}`, { cause: error });
    });
    const [shallow, gitDirectory = ""] = answer.trimEnd().split("\n");
    if (shallow === "true") {
      const cure = "run: git fetch --unshallow (in GitHub Actions: fetch-depth: 0)";
      throw new Error(`Cannot read the history in "${directory}": the clone is shallow; ${cure}`);
    }
    return new Repository(directory, path.resolve(directory, gitDirectory));
  }

  /** The full id of the commit that `revision` (`HEAD`, a branch, a tag, a short id) names. */
  async resolve(revision: string): Promise<string> {
    const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`];
    const answer = await readGit(this.directory, args).catch(() => "");
    const commit = answer.trim();
    if (/^[0-9a-f]{40,64}$/.test(commit)) return commit;
    throw new Error(`Cannot find "${revision}" in "${this.directory}": no such commit is there`);
  }

  /** How commit `a` stands to commit `b`; `unknown` where the clone lacks one of them. */
  async relate(a: string, b: string): Promise<Relation> {
    if (a === b) return "same";
    const args = ["rev-list", "--left-right", "--count", "--end-of-options", `${a}...${b}`];
    const answer = await git(this.directory)
      .raw(args)
      .catch(() => undefined);
    if (answer === undefined) return "unknown";
    const [onlyA, onlyB] = answer.trim().split("\t");
    if (onlyA === "0") return "older";
    return onlyB === "0" ? "newer" : "unrelated";
  }

  /** The commit at which `head` left `base`; `base` itself where they share no history. */
  async fork(base: string, head: string): Promise<string> {
    const [from, to] = await Promise.all([this.resolve(base), this.resolve(head)]);
    const answer = await git(this.directory)
      .raw(["merge-base", from, to])
      .catch(() => "");
    return answer.trim() || from;
  }

  /** The files below `flags/` that differ in the work tree from `commit`; none where there is no work tree. */
  async differences(commit: string): Promise<string[]> {
    const clone = git(this.directory);
    if ((await clone.raw(["rev-parse", "--is-inside-work-tree"])).trim() !== "true") return [];
    const top = (await clone.raw(["rev-parse", "--show-toplevel"])).trimEnd();
    const settings = ["--no-renames", "-O/dev/null", "--ignore-submodules=none"];
    const diff = ["diff", "--name-only", "-z", ...settings, commit, "--", "flags"];
    const changed = await readGit(top, diff);
    const others = ["ls-files", "--others", "--exclude-standard", "-z", "--", "flags"];
    return `${changed}${await readGit(top, others)}`.split("\0").filter((file) => file !== "");
  }

  /**
   * All flags at a commit, judged together. `commit` is a full id; `today`, `YYYY-MM-DD`, decides
   * which warnings are due; `progress` hears how many files are read.
   */
  async read(
    commit: string,
    today: string,
    progress = (_read: number, _all: number) => {},
  ): Promise<Reading> {
    // Git works on both at once, beside this process.
    const [{ files, validated, project }, history] = await Promise.all([
      this.#validate(commit, today, progress),
      this.#readHistory(commit),
    ]);
    const { problems } = validated;
    const isInvalid = problems.some(({ severity }) => severity === "error");
    if (isInvalid || !project) return { files, problems };
    return { files, problems, snapshot: snapshot(validated, project, history) };
  }

  async #validate(
    commit: string,
    today: string,
    progress: (read: number, all: number) => void,
  ): Promise<{ files: number; validated: Validated; project: Project | undefined }> {
    const tree = await readTree(this.directory, commit);
    const { project, entries: others } = await readProject(this.directory, tree);
    const rules = project ?? defaultProject;
    const flags = tree.filter(({ file }) => kindOf(file) === "flag");
    const readable = flags.filter(({ file, mode }) => isReadable(file, mode));
    // The same bytes may be valid in one project and invalid in another.
    const keyOf = (object: string) => `${rules.object}${object}`;
    const contents = new Map<string, ParsedFile>();
    const unread = new Set<string>();
    for (const { object } of readable) {
      const content = this.#contents.get(keyOf(object));
      if (content) contents.set(object, content);
      else unread.add(object);
    }
    for await (const blob of readBlobs(this.directory, [...unread])) {
      const content = parseBlob(blob, (bytes) => parseFlagFile(bytes, rules));
      contents.set(blob.object, content);
      this.#contents.set(keyOf(blob.object), content);
      if (contents.size % 500 === 0) progress(contents.size, readable.length);
    }
    this.#contents.save();

    const entries = flags.map(({ file, mode, object }) =>
      entryOf(file, mode, isReadable(file, mode) ? contents.get(object) : undefined),
    );
    const validated = validate([...entries, ...others], project, today);
    return { files: flags.length, validated, project };
  }

  async #readHistory(commit: string): Promise<History> {
    this.#history ??= restore(this.cache.read("history"));
    if (this.#history?.commit === commit) return this.#history;
    const history = await readHistory(this.directory, commit, this.#history);
    // A look back is no reason to forget what came since.
    if (this.#history && (await this.relate(commit, this.#history.commit)) === "older")
      return history;
    this.#history = history;
    this.cache.write("history", { ...history, flags: [...history.flags] });
    return history;
  }
}

function restore(cached: unknown): History | undefined {
  if (cached === undefined) return undefined;
  const { flags, ...rest } = cached as Omit<History, "flags"> & { flags: [] };
  return { ...rest, flags: new Map(flags) };
}
