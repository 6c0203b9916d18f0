/** Changes that GitHub makes to a repository, with git's plumbing on a real bare one. */
import { randomUUID } from "node:crypto";
import path from "node:path";
import type { TestRepository } from "../../git/repository.ts";

const committer = {
  GIT_COMMITTER_NAME: "GitHub",
  GIT_COMMITTER_EMAIL: "noreply@github.com",
};

/** The full id of a revision; `undefined` if it does not exist. */
export function resolve(bare: TestRepository, revision: string): string | undefined {
  try {
    return bare.git("rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`);
  } catch {
    return undefined;
  }
}

export function branchHead(bare: TestRepository, branch: string): string | undefined {
  return resolve(bare, `refs/heads/${branch}`);
}

/** Number of commits that `head` has and `base` lacks. */
export function ahead(bare: TestRepository, base: string, head: string): number {
  return Number(bare.git("rev-list", "--count", `${base}..${head}`));
}

export function isAncestor(bare: TestRepository, ancestor: string, commit: string): boolean {
  return ahead(bare, commit, ancestor) === 0;
}

/** Merges `head` into a branch by a new commit, and returns it; `undefined` on a conflict. */
export function mergeInto(
  bare: TestRepository,
  branch: string,
  head: string,
  { message, author, squash, time }: MergeOptions,
): string | undefined {
  const base = bare.git("rev-parse", `refs/heads/${branch}`);
  let tree: string;
  try {
    tree = bare.git("merge-tree", "--write-tree", base, head).split("\n")[0] ?? "";
  } catch {
    return undefined;
  }
  const parents = ["-p", base, ...(squash ? [] : ["-p", head])];
  const env = { ...identity(author), GIT_COMMITTER_DATE: `@${time} +0000` };
  const commit = bare.run(["commit-tree", tree, ...parents, "-m", message], { env });
  bare.git("update-ref", `refs/heads/${branch}`, commit, base);
  return commit;
}

export interface MergeOptions {
  readonly message: string;
  readonly author: string;
  readonly squash: boolean;
  /** Committer time, in seconds since 1970. */
  readonly time: number;
}

/** Deletes a file on a branch by a commit, and returns that. */
export function deleteFile(
  bare: TestRepository,
  { branch, file, message, author, time }: DeleteOptions,
): string {
  const head = bare.git("rev-parse", `refs/heads/${branch}`);
  const index = path.join(bare.directory, `index-${randomUUID()}`);
  const env = {
    ...identity(author),
    GIT_COMMITTER_DATE: `@${time} +0000`,
    GIT_INDEX_FILE: index,
  };
  bare.run(["read-tree", head], { env });
  const gone = `0 ${"0".repeat(head.length)}\t${file}\0`;
  bare.run(["update-index", "-z", "--index-info"], { env, input: gone });
  const tree = bare.run(["write-tree"], { env });
  const commit = bare.run(["commit-tree", tree, "-p", head, "-m", message], { env });
  bare.git("update-ref", `refs/heads/${branch}`, commit, head);
  return commit;
}

export interface DeleteOptions extends Omit<MergeOptions, "squash"> {
  readonly branch: string;
  readonly file: string;
}

/** The id of a file's content on a branch. */
export function blobAt(bare: TestRepository, branch: string, file: string): string | undefined {
  try {
    return bare.git("rev-parse", "--verify", "--quiet", "--end-of-options", `${branch}:${file}`);
  } catch {
    return undefined;
  }
}

function identity(author: string) {
  return {
    ...committer,
    GIT_AUTHOR_NAME: author,
    GIT_AUTHOR_EMAIL: `${author}@users.noreply.github.com`,
  };
}
