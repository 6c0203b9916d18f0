/** The texts of a proposed change's pull request. */
import { oneLine } from "../change/commit-message.ts";
import type { Requester } from "../change/proposal.ts";
import type { Plan } from "../plan/plan.ts";
import { formatPlanMarkdown } from "../plan-text/format.ts";
import { projectFile } from "../project/project.ts";
import { block } from "./markdown.ts";

/** The body of the pull request. */
export function describeProposal(
  plan: Plan,
  environments: readonly string[],
  requester: Requester,
): string {
  const where = environments.map((environment) => `\`${environment}\``).join(", ");
  return [
    formatPlanMarkdown(plan),
    quote(requester),
    `It was requested through the API, and needs a review because \`${projectFile}\` protects ${where}.`,
    "Merge it to make the change, or close it to refuse the change.\n",
  ].join("\n");
}

/**
 * Text from the request as a code block, one line each, so that nothing in it is Markdown or HTML,
 * mentions anybody or closes an issue.
 */
export function quote({ actor, reason, requestId }: Requester): string {
  const lines = [
    `actor:   ${oneLine(`${actor.name} (${actor.id})`, 200)}`,
    `reason:  ${oneLine(reason, 500) || "none given"}`,
    `request: ${oneLine(requestId, 64)}`,
  ];
  return `${block(lines)}\n`;
}
