/** A change that waits for a review: what its branch and its pull request are called, and what they say. */
import { hash } from "node:crypto";
import type { Flag } from "../flag/flag.ts";
import { namePattern } from "../flag/name.ts";
import { block } from "../github/markdown.ts";
import { formatPlanMarkdown } from "../plan/format.ts";
import type { Plan } from "../plan/plan.ts";
import { policyFile } from "../project/policy.ts";
import type { Change } from "./change.ts";
import { oneLine } from "./commit-message.ts";

/** Who wants a change, and why; none of it is to be trusted. */
export interface Asked {
  readonly actor: { readonly id: string; readonly name: string };
  readonly reason: string;
  readonly requestId: string;
}

const prefix = "bunting/";

/**
 * The branch of a change: the same for the same change, whoever asks for it and whenever, so that it
 * is found again. `subject` is the first line of its commit.
 */
export function branchOf(change: Change, subject: string, before: Flag | undefined): string {
  const words =
    subject
      .replace(change.name, "")
      .toLowerCase()
      .match(/[a-z]+/g) ?? [];
  const digest = hash("sha256", JSON.stringify(effectOf(change, before))).slice(0, 12);
  return `${prefix}${change.name}/${words.join("-")}-${digest}`;
}

/** The flag that a branch is about; nothing where the branch is none of ours. */
export function flagOfBranch(branch: string): string | undefined {
  const [, name = ""] = /^bunting\/([^/]+)\/[a-z-]+-[0-9a-f]{12}$/.exec(branch) ?? [];
  return namePattern.test(name) ? name : undefined;
}

/** What is to be different afterwards: values that are sent along unchanged make no other change of it. */
function effectOf(change: Change, before: Flag | undefined): unknown[] {
  if (change.kind === "delete") return [change.kind];
  const description = change.description?.normalize("NFC");
  if (change.kind === "create") return [change.kind, change.enabled, description];
  const { environment, enabled } = change;
  const turns = enabled !== undefined && enabled !== before?.enabled[environment];
  const describes = description !== undefined && description !== before?.description;
  return [change.kind, environment, turns ? enabled : null, describes ? description : null];
}

/** The labels of a pull request: that the API made it, and what it touches. */
export function labelsOf(environments: readonly string[]): string[] {
  return ["flag-change", ...environments.map((environment) => `protected: ${environment}`)];
}

/** What the pull request says. */
export function describeProposal(
  plan: Plan,
  environments: readonly string[],
  asked: Asked,
): string {
  const where = environments.map((environment) => `\`${environment}\``).join(", ");
  return [
    formatPlanMarkdown(plan),
    quote(asked),
    `It was asked for through the API, and waits here because \`${policyFile}\` protects ${where}.`,
    "Merging makes the change, closing refuses it.\n",
  ].join("\n");
}

/**
 * Words from outside, one line each, as a code block: nothing in it is Markdown or HTML, mentions
 * anybody or closes an issue.
 */
export function quote({ actor, reason, requestId }: Asked): string {
  const lines = [
    `actor:   ${oneLine(`${actor.name} (${actor.id})`, 200)}`,
    `reason:  ${oneLine(reason, 500) || "none given"}`,
    `request: ${oneLine(requestId, 64)}`,
  ];
  return `${block(lines)}\n`;
}
