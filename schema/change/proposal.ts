/** A change that waits for a review: what its branch and its pull request are called, and what they say. */
import { hash } from "node:crypto";
import type { Flag } from "../flag/flag.ts";
import { namePattern } from "../flag/name.ts";
import type { Change } from "./change.ts";

/** Who wants a change, and why; none of it is to be trusted. */
export interface Requester {
  readonly actor: { readonly id: string; readonly name: string };
  readonly reason: string;
  readonly requestId: string;
}

const prefix = "bunting/";

/**
 * The branch of a change: the same for the same change, whoever asks for it and whenever, so that it
 * is found again. `subject` is the first line of its commit.
 */
export function proposalBranchName(
  change: Change,
  subject: string,
  before: Flag | undefined,
): string {
  const words =
    subject
      .replace(change.name, "")
      .toLowerCase()
      .match(/[a-z]+/g) ?? [];
  const digest = hash("sha256", JSON.stringify(effectOf(change, before))).slice(0, 12);
  return `${prefix}${change.name}/${words.join("-")}-${digest}`;
}

/** The flag that a branch is about; nothing where the branch is none of ours. */
export function flagOfProposalBranch(branch: string): string | undefined {
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
