import type { ChangeScope } from "../../schema/change/change-scope.ts";
import type { FileEdit } from "../../schema/change/change-set.ts";
import type { SignedFile } from "../../schema/change/commit-signature.ts";
import { readValues } from "../../schema/change/define-flag.ts";
import { proposalBranchName } from "../../schema/change/proposal.ts";
import { findProtectedEnvironments, onlyDisables } from "../../schema/change/protection.ts";
import { withRequired } from "../../schema/flag/required-flags.ts";
import type { TimedFlag } from "../../schema/flag/snapshot.ts";
import { objectId } from "../git/object-id.ts";
import type { ChangedFlag } from "./edited-flag.ts";
import { messageOf } from "./message.ts";
import type { Write, WriteContext, WriteDecision } from "./write.ts";

/**
 * Commits a change set, unless it shows in a protected environment: then it needs a review, or must be
 * an emergency change or a scheduled step.
 */
export function enforceProtection(
  write: Write,
  { changeSet, before, after }: ChangedFlag,
  scope: ChangeScope | undefined,
  context: WriteContext,
): WriteDecision {
  const { head, project, time } = context;
  const { files, subject, change } = changeSet;
  const sides = { before: before?.flag, after: after?.flag };
  const shown = findProtectedEnvironments(project, sides);
  const environments = project.environments.filter(
    (environment) =>
      shown.includes(environment) ||
      (project.protected.includes(environment) && scope && willShow(scope, environment)),
  );
  // A step was reviewed when it was merged.
  const needsReview = environments.length > 0 && write.change.kind !== "step";
  const isBypass = needsReview && write.isEmergency === true;
  if (isBypass && !(onlyDisables(sides) && (scope?.onlyDisables ?? true)))
    return { result: { status: "not-disabling" } };

  const words = {
    ...{ subject, change },
    bypassed: isBypass ? environments : [],
    proposed: needsReview && !isBypass ? environments : [],
    files: signedFiles(files, [before?.flag, context.tests.get(write.change.name)], head),
  };
  const message = messageOf(write, words, context);
  const commit = { files, message, author: write.actor, time };
  if (needsReview && !isBypass) {
    const written = scope && after && readValues(after.text);
    const { change: requested, actor, reason, requestId } = write;
    const proposal = {
      ...{ flag: requested.name, base: head, commit, project, subject, environments, ...sides },
      branch: proposalBranchName(requested.name, subject, sides, written),
      required: requiredFlags(sides, context),
      audiences: context.audiences,
      requester: { actor, reason, requestId },
    };
    return { result: { status: "protected", proposal } };
  }
  return {
    status: "committed",
    commit,
    after,
    ...(isBypass ? { bypassedEnvironments: environments } : {}),
  };
}

/** The flags that a flag requires before or after, each as it is now. */
function requiredFlags(
  { before, after }: { readonly [side in "before" | "after"]: TimedFlag | undefined },
  { flags }: WriteContext,
): TimedFlag[] {
  const own = [before, after].flatMap((flag) => flag ?? []);
  if (own.every(({ requires }) => requires.length === 0)) return [];
  const all = new Map(flags().map((flag) => [flag.name, flag]));
  const names = own.flatMap((flag) => [
    ...withRequired(flag.name, (one) => (one === flag.name ? flag : all.get(one))?.requires),
  ]);
  const others = new Set(names.filter((name) => own.every((flag) => flag.name !== name)));
  return [...others].flatMap((name) => all.get(name) ?? []);
}

/** Whether a definition changes the flag in an environment, now or later. */
function willShow({ environments, flagKeys }: ChangeScope, environment: string): boolean {
  return environments.includes(environment) || flagKeys.includes("private");
}

/** What the commit does to each file. Of the files that a write changes, only the flag's own and its tests exist before. */
function signedFiles(
  files: readonly FileEdit[],
  known: readonly ({ readonly file: string; readonly object: string } | undefined)[],
  head: string,
): SignedFile[] {
  return files.map(({ file, text }) => ({
    file,
    before: known.find((one) => one?.file === file)?.object ?? "",
    after: text === undefined ? "" : objectId("blob", text, head),
  }));
}
