import type { FileEdit } from "../../schema/change/change-set.ts";
import type { SignedFile } from "../../schema/change/commit-signature.ts";
import { findProtectedEnvironments, onlyDisables } from "../../schema/change/protection.ts";
import type { TimedFlag } from "../../schema/flag/snapshot.ts";
import { objectId } from "../git/object-id.ts";
import type { ChangedFlag } from "./edited-flag.ts";
import { messageOf } from "./message.ts";
import { proposalOf } from "./proposal.ts";
import type { Write, WriteContext, WriteDecision } from "./write.ts";

/** Commits a change set, unless it shows in a protected environment: then it needs a review, or must be an emergency change. */
export function enforceProtection(
  write: Write,
  { changeSet, before, after }: ChangedFlag,
  context: WriteContext,
): WriteDecision {
  const { head, project, time } = context;
  const { files, subject, change } = changeSet;
  const sides = { before: before?.flag, after: after?.flag };
  const environments = findProtectedEnvironments(project, sides);
  const needsReview = environments.length > 0;
  const isBypass = needsReview && write.isEmergency === true;
  if (isBypass && !onlyDisables(sides)) return { result: { status: "not-disabling" } };

  const words = {
    ...{ subject, change },
    bypassed: isBypass ? environments : [],
    proposed: isBypass ? [] : environments,
    files: signedFiles(files, before?.flag, head),
  };
  const message = messageOf(write, words, context);
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

/** What the commit does to each file. Of the files that a write changes, only the flag's own exists before. */
function signedFiles(
  files: readonly FileEdit[],
  flag: Pick<TimedFlag, "file" | "object"> | undefined,
  head: string,
): SignedFile[] {
  return files.map(({ file, text }) => ({
    file,
    before: flag?.file === file ? flag.object : "",
    after: text === undefined ? "" : objectId("blob", text, head),
  }));
}
