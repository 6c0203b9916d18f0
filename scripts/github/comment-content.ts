/**
 * What a comment shows of a pull request: computed from its commits, or read from files. The code of the
 * pull request never runs.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { maxArtifactBytes, parsePlan, parseProblems } from "../../schema/github/artifact.ts";
import type { Review } from "../../schema/github/plan-comment.ts";
import { plan, rebaseSnapshot } from "../../schema/plan/plan.ts";
import { truncatePlan } from "../../schema/plan-text/truncate.ts";
import { readGit } from "../../store/git/git.ts";
import { Repository } from "../../store/snapshot/repository.ts";
import { readCommitWarnings } from "../command/commit-warnings.ts";
import { findMergeBase } from "../command/merge-base.ts";
import { readBase } from "../command/read-base.ts";
import { note } from "../command/stderr.ts";

type Content = Pick<Review, "plan" | "problems" | "otherFiles" | "baseNote">;

interface Range {
  readonly base: string;
  readonly head: string;
  /** `YYYY-MM-DD`. */
  readonly today: string;
}

/** The plan, the problems, and the changes outside of the flags, from the merge base of `head` and `base`. */
export async function contentOfCommits(
  directory: string,
  { base, head, today }: Range,
): Promise<Content> {
  const repository = await Repository.open(directory);
  const from = await findMergeBase(repository, base, head);
  const to = await repository.resolve(head);
  const otherFiles = await listOtherFiles(directory, from, to);
  const after = await repository.read(to, today);
  const problems = { flags: after.files, problems: after.problems };
  if (!after.snapshot) return { problems, otherFiles };
  const before = await readBase(repository, from, after.snapshot, today);
  const commitWarnings = await readCommitWarnings(directory, to, from);
  const rebased = rebaseSnapshot(before.snapshot, after.snapshot);
  const change = plan(before.snapshot, rebased, { commitWarnings });
  return { plan: truncatePlan(change), problems, otherFiles, baseNote: before.note };
}

/** The changed files that are neither flags nor the project's configuration: code, workflows, documents. */
async function listOtherFiles(directory: string, from: string, to: string): Promise<string[]> {
  const options = ["--name-only", "-z", "--no-renames", "-O/dev/null", "--ignore-submodules=none"];
  const others = ["--", ":/", ":(top,exclude)flags", ":(top,exclude)bunting.yaml"];
  const names = await readGit(directory, ["diff", ...options, from, to, ...others]);
  return names.split("\0").filter((name) => name !== "");
}

/**
 * The output of `plan` and of `validate`; `undefined` if one is not valid: a missing comment is better
 * than a wrong one.
 */
export function contentOfFiles(
  plan: string | undefined,
  problems: string | undefined,
): Content | undefined {
  const [planText, problemsText] = [plan, problems].map((file) => file && readArtifact(file));
  try {
    return {
      plan: planText ? parsePlan(planText) : undefined,
      problems: problemsText ? parseProblems(problemsText) : undefined,
    };
  } catch (error) {
    note((error as Error).message);
    return undefined;
  }
}

/**
 * The text of a file that may be hostile: it must be a plain file of limited size. `undefined` if it is
 * missing or empty, because the step that writes it has failed.
 */
function readArtifact(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    if ((error as NodeJS.ErrnoException).code !== "ELOOP") throw error;
    throw new Error(`Cannot read "${file}": it is a symbolic link, wanted a plain file`);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error(`Cannot read "${file}": wanted a plain file`);
    if (stat.size > maxArtifactBytes) {
      const found = `it has ${stat.size} bytes, ${maxArtifactBytes} are the most`;
      throw new Error(`Cannot read "${file}": ${found}`);
    }
    const text = readFileSync(descriptor, "utf8");
    return text.trim() === "" ? undefined : text;
  } finally {
    closeSync(descriptor);
  }
}
