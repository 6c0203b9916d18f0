import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ImportedCommit, importCommits } from "../../git/import.ts";
import { editedOneByOne } from "./flags.ts";

/**
 * A directory for one case, with a repository in it. All of them stay until the process ends: a file
 * system may be slow to create files for minutes after many were deleted (ext4 passes over their inodes).
 */
export class Scratch {
  readonly #root: string;
  readonly repository: string;

  /** In memory if the state of the disk would affect the result, such as the number of recently deleted files. */
  constructor(medium: "disk" | "memory" = "disk") {
    this.#root = mkdtempSync(path.join(root(medium), "case-"));
    this.repository = this.path("flags.git");
  }

  path(name: string): string {
    return path.join(this.#root, name);
  }

  /** Makes the repository, and returns the ids of its commits. */
  import(commits: Iterable<ImportedCommit>): string[] {
    const { status, stderr } = spawnSync("git", [
      "init",
      "--quiet",
      "--bare",
      "--initial-branch=main",
      this.repository,
    ]);
    if (status !== 0) throw new Error(`Cannot make a repository: ${stderr}`);
    return importCommits(this.repository, commits);
  }

  /** Deletes what builds store beside git's own files. */
  forgetCache(): void {
    rmSync(this.path("flags.git/bunting"), { recursive: true, force: true });
  }
}

const roots = new Map<string, string>();

function root(medium: "disk" | "memory"): string {
  const known = roots.get(medium);
  if (known !== undefined) return known;
  const made = mkdtempSync(path.join(medium === "memory" ? memory : tmpdir(), "bunting-bench-"));
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  if (roots.size === 0) {
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
  }
  roots.set(medium, made);
  return made;
}

/** A file system in memory on Linux, the disk elsewhere. */
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A remote with this number of flags. */
export function scratchWith(flags: number, commits = 1): Scratch {
  const scratch = new Scratch();
  scratch.import(editedOneByOne(flags, commits));
  return scratch;
}
