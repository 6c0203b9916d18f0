import { findProtectedEnvironments, onlyDisables } from "../../schema/change/protection.ts";
import type { FlagEdit } from "./edited-flag.ts";
import { messageOf } from "./message.ts";
import { proposalOf } from "./proposal.ts";
import type { Write, WriteContext, WriteDecision } from "./write.ts";

/** Commits an edit, unless it shows in a protected environment: then it needs a review, or must be an emergency change. */
export function enforceProtection(
  write: Write,
  { edit, before, after }: FlagEdit,
  context: WriteContext,
): WriteDecision {
  const { head, project, time } = context;
  const { file, text, subject } = edit;
  const sides = { before: before?.flag, after: after?.flag };
  const environments = findProtectedEnvironments(project, sides);
  const needsReview = environments.length > 0;
  const isBypass = needsReview && write.isEmergency === true;
  if (isBypass && !onlyDisables(sides)) return { result: { status: "not-disabling" } };

  const words = {
    ...{ subject, change: edit.change },
    bypassed: isBypass ? environments : [],
    proposed: isBypass ? [] : environments,
    file: { file, before: before?.flag.object ?? "", after: after?.flag.object ?? "" },
  };
  const message = messageOf(write, words, context);
  const files = [text === undefined ? { file } : { file, text }];
  const commit = { files, message, author: write.actor, time };
  if (needsReview && !isBypass) {
    const proposal = proposalOf(write, {
      ...{ commit, base: head, project, environments, subject },
      ...sides,
    });
    return { result: { status: "protected", proposal } };
  }
  return {
    status: "committed",
    commit,
    after,
    ...(isBypass ? { bypassedEnvironments: environments } : {}),
  };
}
