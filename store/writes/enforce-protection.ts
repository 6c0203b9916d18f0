import type { Edit } from "../../schema/change/change.ts";
import { formatMessage } from "../../schema/change/commit-message.ts";
import { trailer } from "../../schema/change/emergency-change.ts";
import { onlyDisables, protectedBy } from "../../schema/change/protection.ts";
import type { TimedFlag } from "../../schema/flag/snapshot.ts";
import { instance } from "../git/instance-id.ts";
import { proposalOf } from "./proposal.ts";
import type { Ground, Step, Write } from "./write.ts";

/** Lets a change land, unless it shows in a protected environment and the glass is not broken. */
export function guard(
  write: Write,
  edit: Edit,
  sides: TimedSides,
  { head, policy, time }: Ground,
): Step {
  const { file, text, subject } = edit;
  const environments = protectedBy(policy, sides);
  const needsReview = environments.length > 0;
  const brokeGlass = needsReview && write.breaksGlass ? environments : [];
  if (brokeGlass.length > 0 && !onlyDisables(sides)) return { result: { status: "not-disabling" } };

  const message = messageOf(write, edit, brokeGlass);
  const commit = { file, text, message, author: write.actor, time };
  if (needsReview && brokeGlass.length === 0) {
    const proposal = proposalOf(write, { commit, base: head, environments, subject, ...sides });
    return { result: { status: "protected", proposal } };
  }
  const { after } = sides;
  return {
    commit,
    ...(after && text !== undefined ? { flag: after, text } : {}),
    ...(brokeGlass.length > 0 ? { brokeGlass } : {}),
  };
}

interface TimedSides {
  readonly before: TimedFlag | undefined;
  readonly after: TimedFlag | undefined;
}

function messageOf(
  { change, actor, reason, requestId, idempotency }: Write,
  edit: Edit,
  brokeGlass: readonly string[],
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
      Server: instance,
      [trailer]: brokeGlass.join(", "),
      "Idempotency-Key": idempotency ? `${idempotency.key} ${idempotency.fingerprint}` : "",
    },
  });
}
