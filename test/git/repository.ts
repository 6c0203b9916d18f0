/**
 * Git repositories for tests. They do not depend on the user's configuration, and are deleted after the
 * file's last test.
 *
 *     const repository = testRepository();
 *     repository.write({ "flags/meal_planning.yaml": "enabled: true\n" });
 *     const first = repository.commit(1_700_000_000);
 */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { inject } from "vitest";
import { cleanUpAfterFile } from "../setup/test-file.ts";

/** A new, empty directory, deleted after the file's last test. */
export function temporaryDirectory(): string {
  const directory = sharedDirectory();
  cleanUpAfterFile(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A new, empty directory, deleted after the run: for files that a helper makes once for many test files. */
export function sharedDirectory(): string {
  return mkdtempSync(path.join(inject("temporary"), "directory-"));
}

/** A new repository with a work tree on the branch `main`, without commits. */
export function testRepository({ objectFormat = "sha1" } = {}): TestRepository {
  const repository = new TestRepository(temporaryDirectory());
  const format = `--object-format=${objectFormat}`;
  repository.git("init", "--quiet", "--template=", "--initial-branch=main", format);
  return repository;
}

/** A new bare repository without commits. */
export function bareRepository({
  directory = temporaryDirectory(),
  objectFormat = "sha1",
} = {}): BareRepository {
  const repository = new BareRepository(directory);
  const format = `--object-format=${objectFormat}`;
  repository.git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", format);
  mkdirSync(path.join(directory, "hooks"));
  // After a push, git would start `git gc`, which has nothing to do.
  appendFileSync(path.join(directory, "config"), "[receive]\n\tautogc = false\n");
  return repository;
}

/** By file, from the top of the repository: its new text, or `null` to delete it. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

/**
 * Times are committer times in seconds since 1970. The author's time is always `authored`, so that
 * a test fails if the code uses one for the other.
 */
export class TestRepository {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** The output of a git command, without the line feed at its end. Throws git's message if it fails. */
  git(...args: string[]): string {
    return this.run(args);
  }

  /** As `git()`, with an input and additional variables. */
  run(args: readonly string[], { input = "", env = {} }: RunOptions = {}): string {
    const { status, stdout, stderr, error } = spawnSync("git", args, {
      cwd: this.directory,
      env: { ...environment, ...env },
      input,
      encoding: "utf8",
      maxBuffer: 2 ** 30,
    });
    if (status === 0) return stdout.replace(/\n$/, "");
    throw error ?? new Error(`Cannot run "git ${args.join(" ")}": ${stderr || stdout}`);
  }

  /** Changes files of the work tree. */
  write(files: Files): void {
    for (const [file, text] of Object.entries(files)) {
      const fullPath = path.join(this.directory, file);
      if (text === null) rmSync(fullPath);
      else {
        mkdirSync(path.dirname(fullPath), { recursive: true });
        writeFileSync(fullPath, text);
      }
    }
  }

  /** Moves a file of the work tree. */
  move(from: string, to: string): void {
    mkdirSync(path.dirname(path.join(this.directory, to)), { recursive: true });
    renameSync(path.join(this.directory, from), path.join(this.directory, to));
  }

  /** Commits the work tree as it is, changed or not, and returns the commit's id. */
  commit(time: number, { zone = "+0000" } = {}): string {
    this.git("add", "--all");
    return this.commitIndex(time, { zone });
  }

  /** As `commit()`, but of the index, which may have entries that a work tree cannot have. */
  commitIndex(time: number, { zone = "+0000" } = {}): string {
    const env = { GIT_COMMITTER_DATE: `@${time} ${zone}` };
    this.run(["commit", "--quiet", "--allow-empty", "--message=Change flags"], { env });
    return this.#readHead();
  }

  /** The commit that was just made, read from a file, without another process. */
  #readHead(): string {
    const read = (name: string) =>
      readFileSync(path.join(this.directory, ".git", name), "utf8").trim();
    const head = read("HEAD");
    return head.startsWith("ref: ") ? read(head.slice("ref: ".length)) : head;
  }

  /** Commits `files`, and returns the commit's id. */
  change(time: number, files: Files): string {
    this.write(files);
    return this.commit(time);
  }

  /** Checks out a branch; a new one starts at the current commit. */
  switch(branch: string): void {
    const known = this.git("branch", "--list", branch) !== "";
    this.git("switch", "--quiet", ...(known ? [] : ["--create"]), branch);
  }

  /**
   * Merges branches by a merge commit (`--no-ff`), and returns its id. `files` are changed in the merge
   * itself, for example to resolve a conflict.
   */
  merge(time: number, branches: string | readonly string[], files: Files = {}): string {
    try {
      this.git("merge", "--quiet", "--no-ff", "--no-commit", ...[branches].flat());
    } catch (error) {
      if (Object.keys(files).length === 0) throw error;
    }
    return this.change(time, files);
  }

  /** Merges a branch as one ordinary commit (`--squash`), and returns its id. */
  squash(time: number, branch: string): string {
    this.git("merge", "--quiet", "--squash", branch);
    return this.commitIndex(time);
  }

  /** Reverts a commit (a merge relative to its first parent), and returns the id of the revert. */
  revert(time: number, commit: string): string {
    const mainline = this.git("rev-parse", `${commit}^@`).includes("\n") ? ["-m1"] : [];
    this.git("revert", "--no-commit", ...mainline, commit);
    return this.commitIndex(time);
  }

  /** A clone with its own objects, like that of a server. */
  clone(...options: ("--bare" | "--depth=1" | "--no-checkout")[]): TestRepository {
    const directory = temporaryDirectory();
    this.git("clone", "--quiet", ...options, `file://${this.directory}`, directory);
    return new TestRepository(directory);
  }
}

/** A repository without a work tree. Its commits need no index. */
export class BareRepository extends TestRepository {
  /** The last commit of `main`; `""` before the first. */
  get head(): string {
    const ref = path.join(this.directory, "refs/heads/main");
    return existsSync(ref) ? readFileSync(ref, "utf8").trim() : "";
  }

  /** Commits `files` on top of `parent`, like a push to `main`, and returns its id. */
  override change(time: number, files: Files, parent = this.head): string {
    const message = "Change flags\n";
    const parts: (string | Uint8Array)[] = [
      parent === "" ? "reset refs/heads/main\n" : "",
      "commit refs/heads/main\n",
      `author Ada <ada@example.com> ${authored} +0000\n`,
      `committer Grace <grace@example.com> ${time} +0000\n`,
      `data ${message.length}\n${message}`,
      parent === "" ? "" : `from ${parent}\n`,
    ];
    for (const [file, text] of Object.entries(files)) {
      if (text === null) parts.push(`D ${file}\n`);
      else parts.push(`M 100644 inline ${file}\ndata ${Buffer.byteLength(text)}\n`, text, "\n");
    }
    const input = Buffer.concat(parts.map((part) => Buffer.from(part)));
    this.run(["fast-import", "--quiet", "--force"], { input });
    return this.head;
  }
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** The author's time of every commit. */
export const authored = 1_000_000_000;

/** Only the repository's own configuration, a fixed identity, and untranslated messages. */
const environment = {
  PATH: process.env.PATH,
  HOME: inject("temporary"),
  LC_ALL: "C",
  TZ: "UTC",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  // Without these, each commit would start `git gc` and wait for the disk.
  GIT_CONFIG_COUNT: "2",
  GIT_CONFIG_KEY_0: "maintenance.auto",
  GIT_CONFIG_VALUE_0: "false",
  GIT_CONFIG_KEY_1: "core.fsync",
  GIT_CONFIG_VALUE_1: "none",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_AUTHOR_DATE: `@${authored} +0000`,
  GIT_COMMITTER_NAME: "Grace",
  GIT_COMMITTER_EMAIL: "grace@example.com",
};
