/** The effects of a pull request, computed from its commits: its own code never runs. */
import type { Review } from "../../schema/github/plan-comment.ts";
import { plan, rebaseSnapshot } from "../../schema/plan/plan.ts";
import { truncatePlan } from "../../schema/plan/truncate.ts";
import { readGit } from "../../store/git/git.ts";
import { Repository } from "../../store/snapshot/repository.ts";
import { readCommitWarnings } from "../command/commit-warnings.ts";

interface Range {
  readonly base: string;
  readonly head: string;
  /** `YYYY-MM-DD`. */
  readonly today: string;
}

/** The plan, the problems, and the changes outside of the flags, from the merge base of `head` and `base`. */
export async function reviewCommits(
  directory: string,
  { base, head, today }: Range,
): Promise<Pick<Review, "plan" | "problems" | "otherFiles">> {
  const repository = await Repository.open(directory);
  const from = await repository.fork(base, head);
  const to = await repository.resolve(head);
  const otherFiles = await listOtherFiles(directory, from, to);
  const after = await repository.read(to, today);
  const problems = { flags: after.files, problems: after.problems };
  const before = await repository.read(from, today);
  if (!before.snapshot || !after.snapshot) return { problems, otherFiles };
  const commitWarnings = await readCommitWarnings(directory, to, from);
  const rebased = rebaseSnapshot(before.snapshot, after.snapshot);
  const change = plan(before.snapshot, rebased, { commitWarnings });
  return { plan: truncatePlan(change), problems, otherFiles };
}

/** The changed files that are neither flags nor the project's configuration: code, workflows, documents. */
async function listOtherFiles(directory: string, from: string, to: string): Promise<string[]> {
  const options = ["--name-only", "-z", "--no-renames", "-O/dev/null", "--ignore-submodules=none"];
  const others = ["--", ":/", ":(top,exclude)flags", ":(top,exclude)bunting.yaml"];
  const names = await readGit(directory, ["diff", ...options, from, to, ...others]);
  return names.split("\0").filter((name) => name !== "");
}
