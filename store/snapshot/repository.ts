import { existsSync } from "node:fs";
import path from "node:path";
import { isReadable, validate } from "../../schema/file/validate.ts";
import { fileKindOf } from "../../schema/flag/file-kind.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import { isError, type Problem } from "../../schema/problem/problem.ts";
import { defaultProject, type Project, projectFile } from "../../schema/project/project.ts";
import { Cache } from "../commit/cache.ts";
import { CommitSize, maxTotalBytes } from "../commit/commit-size.ts";
import { entryOf } from "../commit/entry.ts";
import { ErrorBudget } from "../commit/error-budget.ts";
import { contentKey, readFlagFiles } from "../commit/flag-files.ts";
import { ParsedFiles } from "../commit/parsed-files.ts";
import { readProject } from "../commit/projects.ts";
import {
  findFork,
  findUncommittedFiles,
  type Relation,
  relateCommits,
  resolveRevision,
} from "../commit/revisions.ts";
import { findTreeProblem, tooManyBytes } from "../commit/tree-problems.ts";
import { parseRevision } from "../git/git.ts";
import { readTree, type TreeEntry } from "../git/tree.ts";
import type { ChangeIndex, Page } from "../history/change-index.ts";
import type { VerifyCommit } from "../history/commit-attribution.ts";
import { type FlagChange, readFlagChanges } from "../history/flag-changes.ts";
import { KnownHistory } from "../history/known-history.ts";
import { snapshot, type ValidFiles } from "./snapshot.ts";

/** The result of reading a commit: its problems and, if none is an error, its flags. */
export interface Reading {
  /** Number of files that are flags, valid or not. */
  readonly files: number;
  readonly problems: readonly Problem[];
  /** Missing if one of the problems is an error. */
  readonly snapshot?: Snapshot;
  /** Missing with the snapshot. */
  readonly size?: CommitSize;
}

/** All files of a commit, validated together. */
interface ReadFiles extends ValidFiles, Pick<Reading, "files" | "problems"> {
  /** Missing if it has errors. */
  readonly project: Project | undefined;
  readonly bytes: number;
}

/** A clone that holds flags, with a work tree or bare. Reads its objects only, so a dirty work tree changes nothing. */
export class Repository {
  readonly directory: string;
  /** The cache, beside git's objects. */
  readonly cache: Cache;
  readonly #contents: ParsedFiles;
  readonly #history: KnownHistory;

  private constructor(directory: string, gitDirectory: string) {
    this.directory = directory;
    this.cache = new Cache(gitDirectory);
    this.#contents = new ParsedFiles(this.cache);
    this.#history = new KnownHistory(directory, this.cache);
  }

  /** Throws if `directory` is no clone, or a shallow one. */
  static async open(directory: string): Promise<Repository> {
    if (!existsSync(directory)) {
      throw new Error(`Cannot read flags from "${directory}": there is no such directory`);
    }
    const questions = ["--is-shallow-repository", "--git-common-dir"];
    const failure = `Cannot read flags from "${directory}"`;
    const [shallow, gitDirectory = ""] = await parseRevision(directory, questions, failure);
    if (shallow === "true") {
      const hint = "run: git fetch --unshallow (in GitHub Actions: fetch-depth: 0)";
      throw new Error(`Cannot read the history in "${directory}": the clone is shallow; ${hint}`);
    }
    return new Repository(directory, path.resolve(directory, gitDirectory));
  }

  /** The full id of a commit: see `resolveRevision()`. */
  resolve(revision: string): Promise<string> {
    return resolveRevision(this.directory, revision);
  }

  /** The relation of commit `a` to commit `b`; `unknown` if the clone lacks one of them. */
  relate(a: string, b: string): Promise<Relation> {
    return relateCommits(this.directory, a, b);
  }

  /** The commit at which `head` left `base`; `base` itself if they share no history. */
  async fork(base: string, head: string): Promise<string> {
    // One process of git answers both.
    const from = await this.resolve(base);
    return findFork(this.directory, from, await this.resolve(head));
  }

  /** The files below `flags/`, and the project's, that differ in the work tree from `commit`. */
  differences(commit: string): Promise<string[]> {
    return findUncommittedFiles(this.directory, commit);
  }

  /** The changes of a flag up to `head`, newest first. */
  async changesOf(
    head: string,
    name: string,
    page: Page,
    verify: VerifyCommit = () => undefined,
  ): Promise<FlagChange[]> {
    const index = await this.#history.changesAt(head);
    return readFlagChanges(this.directory, index.find(name, page), verify);
  }

  /** Which commits up to `head` changed which flag. */
  changesAt(head: string): Promise<ChangeIndex> {
    return this.#history.changesAt(head);
  }

  /**
   * All flags at a commit, validated together. `commit` is a full id; `today`, `YYYY-MM-DD`, decides
   * which warnings are due; `progress` is called with the number of files that were read.
   */
  async read(
    commit: string,
    today: string,
    progress = (_read: number, _all: number) => {},
  ): Promise<Reading> {
    // If a commit is too large, its history is not needed.
    const tree = await readTree(this.directory, commit, ["flags", projectFile]);
    const problem = findTreeProblem(tree);
    if (problem) return { files: 0, problems: [problem] };
    // Git works on both at once, beside this process.
    const [{ files, problems, project, bytes, ...valid }, history] = await Promise.all([
      this.#validate(tree.entries, today, progress),
      this.#history.at(commit),
    ]);
    const isInvalid = problems.some(isError);
    if (isInvalid || !project) return { files, problems };
    const size = new CommitSize(bytes, tree.size);
    return { files, problems, snapshot: snapshot(valid, project, history), size };
  }

  async #validate(
    tree: readonly TreeEntry[],
    today: string,
    progress: (read: number, all: number) => void,
  ): Promise<ReadFiles> {
    const { project, entries: others } = await readProject(this.directory, tree);
    const inFlags = tree
      .map((entry) => ({ ...entry, kind: fileKindOf(entry.file) }))
      .filter(({ kind }) => kind !== "project" && kind !== "policy");
    const read = await readFlagFiles(
      inFlags.filter(({ file, mode }) => isReadable(file, mode)),
      {
        directory: this.directory,
        known: this.#contents,
        project: project ?? defaultProject,
        progress,
      },
    );
    const files = inFlags.filter(({ kind }) => kind === "flag").length;
    const objects = new Map(inFlags.map(({ file, object }) => [file, object]));
    if (!read) {
      const problems = [tooManyBytes(maxTotalBytes)];
      return { flags: [], audiences: [], objects, problems, files, project, bytes: 0 };
    }
    const { contents, bytes } = read;
    const budget = new ErrorBudget();
    const entries = inFlags.map(({ file, mode, kind, object }) => {
      const content = isReadable(file, mode)
        ? contents.get(contentKey({ kind, object }))
        : undefined;
      return entryOf(file, mode, content && budget.apply(content));
    });
    const validated = validate([...entries, ...others], project, today);
    return { ...validated, objects, files, project, bytes };
  }
}
