import { formatPlanComment, planMarker } from "../../schema/github/plan-comment.ts";
import { keepComment } from "../../store/github/comments.ts";
import { checkDay } from "../command/checks.ts";
import { defineCommand, UsageError } from "../command/command.ts";
import { shared } from "../command/options.ts";
import { today, writeResult } from "../command/report.ts";
import { note } from "../command/stderr.ts";
import { contentOfCommits, contentOfFiles } from "./comment-content.ts";
import { connect } from "./connect.ts";
import { findCheckedPulls, parsePullRequest } from "./event.ts";

export const command = defineCommand({
  name: "comment",
  summary:
    "Show on a pull request what it will do: one comment, kept up to date. GitHub's event (GITHUB_EVENT_PATH) names the pull request. Nothing of the pull request's own code runs.",
  operands: "",
  options: {
    head: {
      value: "REF",
      help: "the pull request's commit: plan and problems are computed from it",
    },
    base: { value: "REF", help: "with --head: the branch that it is merged into", default: "main" },
    repo: shared.repo,
    plan: { value: "FILE", help: "without --head: the output of plan --format json" },
    problems: { value: "FILE", help: "without --head: the output of validate --format json" },
    "pull-request": shared["pull-request"],
    today: shared.today,
    "dry-run": shared["dry-run"],
    format: shared.format,
  },
  async run({ plan, problems, today: day = today(), format, head: ref, base, repo, ...options }) {
    const number = parsePullRequest(options["pull-request"]);
    if (ref === undefined && plan === undefined && problems === undefined) {
      throw new UsageError("Cannot comment: --head, or --plan and --problems are needed");
    }
    checkDay("today", day);
    const content =
      ref === undefined
        ? contentOfFiles(plan, problems)
        : await contentOfCommits(repo, { base, head: ref, today: day });
    if (!content) return 1;
    if (options["dry-run"] && number === undefined && !process.env.GITHUB_EVENT_PATH) {
      const { head = ref ?? "HEAD" } = content.plan ?? {};
      process.stdout.write(formatPlanComment({ ...content, head, today: day }));
      return 0;
    }

    const hint = "--dry-run without --pull-request needs no token, and prints the comment";
    const github = connect(hint);
    const { pulls, run } = await findCheckedPulls(github, number);
    if (pulls.length === 0) note("No open pull request is at this commit any more: nothing to do");
    for (const { number, head } of pulls) {
      const body = formatPlanComment({ ...content, number, head, run, today: day });
      if (options["dry-run"]) {
        process.stdout.write(body);
        continue;
      }
      const { action, url } = await keepComment(github, number, planMarker, body);
      const result = { pullRequest: number, action, url };
      const words = action === "unchanged" ? "is up to date" : action;
      writeResult(format, result, `Comment on #${number}: ${words} ${url}`);
    }
    return 0;
  },
});
