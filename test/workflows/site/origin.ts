/** This project as a repository on GitHub: its own workflows and settings, and three flags. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { type Files, type TestRepository, testRepository } from "../../git/repository.ts";
import { top } from "../../scripts/setup/run.ts";

/** A time so old that a flag that is on for everyone is stale. */
const long_ago = 1_700_000_000;

/** One publication may remove a fifth of the flags, with any number of flags. */
const project = "limits:\n  remove: 20%\n  turn: 100%\n  at_least: 0\n";

export const flags = {
  "flags/nutrition/meal_planning.yaml":
    "description: Plan meals\nenabled: true\nowner: nutrition\ntype: permission\n",
  "flags/nutrition/recipe_import.yaml":
    "description: Import recipes\nenabled: false\nowner: nutrition\nenvironments:\n  staging:\n    enabled: true\n",
  "flags/platform/food_search.yaml": "description: Search foods\nenabled: true\nowner: platform\n",
} as const;

/** A person's clone, and the bare repository that GitHub hosts. */
export interface Origin {
  readonly work: TestRepository;
  readonly bare: TestRepository;
}

export function makeOrigin(): Origin {
  const work = testRepository();
  for (const file of ownFiles()) {
    const to = path.join(work.directory, file);
    mkdirSync(path.dirname(to), { recursive: true });
    copyFileSync(path.join(top, file), to);
  }
  // Without the tests, which would run themselves.
  work.write({ "bunting.yaml": project, ".ci/run": "#!/bin/sh\necho All tests ran\n", ...flags });
  work.git("add", "--all");
  work.git("update-index", "--chmod=+x", ".ci/run");
  work.commit(long_ago);
  const bare = work.clone("--bare");
  work.git("remote", "add", "origin", bare.directory);
  return { work, bare };
}

/** The workflows of this checkout and the files at its top, committed or not. */
function ownFiles(): string[] {
  const options = { cwd: top, encoding: "utf8" } as const;
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const deleted = spawnSync("git", ["ls-files", "-z", "--deleted"], options).stdout.split("\0");
  const listed = spawnSync("git", args, options).stdout.split("\0");
  return listed.filter(
    (file) =>
      file !== "" &&
      !deleted.includes(file) &&
      // These two workflows are for the program, and start with every push.
      !/^\.github\/workflows\/(?:codeql|release)\.yml$/.test(file) &&
      // Uses the program that the tests have bundled.
      (/^\.(?:github|ci)\//.test(file) || !/\/|^node_modules$/.test(file)),
  );
}

/** Commits files on a branch that begins at main, pushes it, and returns the commit. */
export function commitOn({ work }: Origin, branch: string, time: number, files: Files): string {
  work.git("fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*");
  const known = work.git("branch", "--list", "--remotes", `origin/${branch}`) !== "";
  work.git("checkout", "--quiet", "-B", branch, `origin/${known ? branch : "main"}`);
  const commit = work.change(time, files);
  work.git("push", "--quiet", "origin", `${branch}:${branch}`);
  return commit;
}
