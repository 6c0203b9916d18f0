import { type Plan, plan, rebaseSnapshot } from "../schema/plan/plan.ts";
import { formatPlan, formatPlanMarkdown } from "../schema/plan-text/format.ts";
import { truncatePlan } from "../schema/plan-text/truncate.ts";
import { Repository } from "../store/snapshot/repository.ts";
import { defineCommand } from "./command/command.ts";
import { readCommitWarnings, reportCommitWarnings } from "./command/commit-warnings.ts";
import { findMergeBase } from "./command/merge-base.ts";
import { shared } from "./command/options.ts";
import { readBase } from "./command/read-base.ts";
import { readSnapshot } from "./command/read-snapshot.ts";
import { note } from "./command/stderr.ts";
import { noteUncommitted } from "./command/uncommitted.ts";

export const command = defineCommand({
  name: "plan",
  summary: "Show the effects of a change on what consumers receive, in each environment.",
  operands: "",
  options: {
    base: {
      value: "REF",
      help: "the branch that the change is merged into; the comparison starts at their merge base",
      default: "main",
    },
    head: { value: "REF", help: "the head of the change", default: "HEAD" },
    repo: shared.repo,
    format: {
      value: "FORMAT",
      help: "output format",
      choices: ["text", "json", "markdown"],
      default: "text",
    },
  },
  async run({ base, head, repo, format }) {
    const repository = await Repository.open(repo);
    const fork = await findMergeBase(repository, base, head);
    const after = await readSnapshot(repository, head);
    if (!after) return 1;
    const before = await readBase(repository, fork, after);
    if (before.note !== undefined) note(`Note: ${before.note}`);
    const commitWarnings = await readCommitWarnings(repo, after.commit, fork);
    reportCommitWarnings(commitWarnings);

    const change = plan(before.snapshot, rebaseSnapshot(before.snapshot, after), {
      commitWarnings,
    });
    const print = { markdown: formatPlanMarkdown, json: formatJson }[format] ?? formatPlan;
    process.stdout.write(print(change));
    if (fork === after.commit) {
      const isFirst = (await repository.resolve(`${head}~1`).catch(() => "")) === "";
      const next = isFirst
        ? "make a change on a branch and commit it there to see a plan"
        : `to compare with an earlier commit, name it: --base ${head}~1`;
      note(`Note: ${base} has all commits of ${head}; ${next}`);
    }
    if (head === "HEAD") await noteUncommitted(repository, after.commit, "planned");
    return 0;
  },
});

/** Bounded in size, so that a comment on a pull request can show it. */
function formatJson(plan: Plan): string {
  return `${JSON.stringify(truncatePlan(plan), null, 2)}\n`;
}
