import type { Edit } from "../../schema/change/change.ts";
import { formatMessage } from "../../schema/change/commit-message.ts";
import { trailer } from "../../schema/change/emergency-change.ts";
import { findProtectedEnvironments, onlyDisables } from "../../schema/change/protection.ts";
import type { TimedFlag } from "../../schema/flag/snapshot.ts";
import { instanceTrailer, proposalTrailer } from "../git/commits.ts";
import { instanceId } from "../git/instance-id.ts";
import { proposalOf } from "./proposal.ts";
import type { Write, WriteContext, WriteDecision } from "./write.ts";

/** Lets a change land, unless it shows in a protected environment and the glass is not broken. */
export function enforceProtection(
  write: Write,
  edit: Edit,
  sides: TimedSides,
  { head, project, time }: WriteContext,
): WriteDecision {
  const { file, text, subject } = edit;
  const environments = findProtectedEnvironments(project, sides);
  const needsReview = environments.length > 0;
  const bypassedEnvironments = needsReview && write.isEmergency ? environments : [];
  if (bypassedEnvironments.length > 0 && !onlyDisables(sides))
    return { result: { status: "not-disabling" } };

  const proposedEnvironments = bypassedEnvironments.length > 0 ? [] : environments;
  const message = messageOf(write, edit, bypassedEnvironments, proposedEnvironments);
  const commit = { file, text, message, author: write.actor, time };
  if (needsReview && bypassedEnvironments.length === 0) {
    const proposal = proposalOf(write, {
      ...{ commit, base: head, project, environments, subject },
      ...sides,
    });
    return { result: { status: "protected", proposal } };
  }
  const { after } = sides;
  return {
    commit,
    ...(after && text !== undefined ? { flag: after, text } : {}),
    ...(bypassedEnvironments.length > 0 ? { bypassedEnvironments } : {}),
  };
}

interface TimedSides {
  readonly before: TimedFlag | undefined;
  readonly after: TimedFlag | undefined;
}

function messageOf(
  { change, actor, reason, requestId, idempotency }: Write,
  edit: Edit,
  bypassedEnvironments: readonly string[],
  proposedEnvironments: readonly string[],
): string {
  const environment = change.kind === "update" ? change.environment : "";
  return formatMessage({
    subject: edit.subject,
    reason,
    trailers: {
      Flag: change.name,
      Environment: environment,
      Change: edit.change,
      Actor: `${actor.name} (${actor.id})`,
      "Request-Id": requestId,
      [instanceTrailer]: instanceId,
      [proposalTrailer]: proposedEnvironments.join(", "),
      [trailer]: bypassedEnvironments.join(", "),
      "Idempotency-Key": idempotency ? `${idempotency.key} ${idempotency.fingerprint}` : "",
    },
  });
}
