/** The commit message of a write: for people, and for the programs that read its trailers. */
import { formatMessage } from "../../schema/change/commit-message.ts";
import type { SignedFile } from "../../schema/change/commit-signature.ts";
import { emergencyTrailer } from "../../schema/change/emergency-change.ts";
import { type StepChange, stepTrailer } from "../../schema/change/step-change.ts";
import { instanceTrailer, proposalTrailer } from "../remote/commits.ts";
import { instanceId } from "../remote/instance-id.ts";
import type { Actor, Write, WriteContext } from "./write.ts";

/** Facts about a commit that are not in its write. */
export interface CommitWords {
  readonly subject: string;
  /** The changed values in one line. */
  readonly change: string;
  /** The protected environments that are changed without a review. */
  readonly bypassed?: readonly string[];
  /** The protected environments for which the commit is proposed. */
  readonly proposed?: readonly string[];
  /** What the commit does to files. */
  readonly files?: readonly SignedFile[];
}

/** The signed message. */
export function messageOf(
  { change, actor, reason, requestId, idempotency }: Write,
  { subject, change: values, bypassed = [], proposed = [], files = [] }: CommitWords,
  { sign }: Pick<WriteContext, "sign">,
): string {
  const id = subjectOf(actor);
  const trailers = {
    Flag: change.name,
    Environment: "environment" in change ? change.environment : "",
    Change: values,
    ...(change.kind === "step" ? trailersOfStep(change) : {}),
    Actor: `${actor.name} (${id})`,
    "Actor-Id": id,
    "Actor-Issuer": actor.issuer ?? "",
    "Actor-GitHub": actor.github ?? "",
    "Request-Id": requestId,
    [instanceTrailer]: instanceId,
    [proposalTrailer]: proposed.join(", "),
    [emergencyTrailer]: bypassed.join(", "),
    "Idempotency-Key": idempotency ? `${idempotency.key} ${idempotency.fingerprint}` : "",
  };
  return sign(formatMessage({ subject, reason, trailers }), files);
}

function trailersOfStep({ step, origin }: StepChange): Record<string, string> {
  return {
    [stepTrailer]: step.at,
    "Scheduled-By": origin.commit,
    "Pull-Request": origin.pullRequest,
  };
}

/** The subject of the actor's JSON web token, or the id of the token. */
function subjectOf({ id, issuer }: Actor): string {
  const prefix = `${issuer}#`;
  return issuer !== undefined && id.startsWith(prefix) ? id.slice(prefix.length) : id;
}
