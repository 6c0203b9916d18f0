import { type ApprovalResult, checkApproval } from "../../schema/change/self-approval.ts";
import { shortId } from "../../schema/text/show.ts";
import {
  approvalStatus,
  readProposalReviews,
  setApprovalStatus,
} from "../../store/github/approvals.ts";
import { defineCommand } from "../command/command.ts";
import { shared } from "../command/options.ts";
import { addStepSummary, writeResult } from "../command/report.ts";
import { note } from "../command/stderr.ts";
import { connect } from "./connect.ts";
import { findCheckedPulls, parsePullRequest, runUrl } from "./event.ts";

export const command = defineCommand({
  name: "approval",
  summary: `Check that somebody other than the requester approved a change that the API proposed, and set the commit status "${approvalStatus}", which a ruleset can require. GitHub's event (GITHUB_EVENT_PATH) names the pull request. Only GitHub's API is read.`,
  operands: "",
  options: {
    "pull-request": shared["pull-request"],
    "dry-run": shared["dry-run"],
    format: shared.format,
  },
  async run({ format, ...options }): Promise<0> {
    const number = parsePullRequest(options["pull-request"]);
    const github = connect();
    const { pulls, queued } = await findCheckedPulls(github, number);
    const results = new Map<string, ApprovalResult & { pullRequest?: number }>();
    if (queued !== undefined) {
      const message = "GitHub queues only pull requests that had their approvals";
      results.set(queued, { state: "success", message });
    }
    for (const pull of pulls) {
      const reviews = await readProposalReviews(github, pull.number);
      const result = { pullRequest: pull.number, ...checkApproval(reviews) };
      const other = results.get(reviews.head);
      // Several pull requests at one commit share its status: the worst counts.
      if (other === undefined || rank[result.state] > rank[other.state])
        results.set(reviews.head, result);
    }
    if (results.size === 0) note("No open pull request is at this commit: nothing to do");
    for (const [commit, result] of results) {
      if (!options["dry-run"]) await setApprovalStatus(github, commit, result, runUrl());
      const { pullRequest, state, message } = result;
      const what = pullRequest === undefined ? shortId(commit) : `#${pullRequest}`;
      writeResult(format, { commit, ...result }, `${what}: ${state}: ${message}`);
      addStepSummary(`${what}: ${state}`);
    }
    return 0;
  },
});

const rank = { success: 0, pending: 1, failure: 2 } as const;
