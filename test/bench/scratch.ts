import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ImportedCommit, importCommits } from "../git/import.ts";
import { editedOneByOne } from "./flags.ts";

/**
 * A directory for one case, with a repository in it. All of them stay until the process ends: a file
 * system may be slow to create files for minutes after many were deleted (ext4 passes over their inodes).
 */
export class Scratch {
  readonly #root = mkdtempSync(path.join(root(), "case-"));
  readonly repository = this.path("flags.git");

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

  /** Takes away what builds keep beside git's own files. */
  forgetCache(): void {
    rmSync(this.path("flags.git/bunting"), { recursive: true, force: true });
  }
}

let common: string | undefined;

function root(): string {
  if (common !== undefined) return common;
  const made = mkdtempSync(path.join(tmpdir(), "bunting-bench-"));
  process.on("exit", () => rmSync(made, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));
  common = made;
  return made;
}

/** A remote with as many flags. */
export function scratchWith(flags: number, commits = 1): Scratch {
  const scratch = new Scratch();
  scratch.import(editedOneByOne(flags, commits));
  return scratch;
}
