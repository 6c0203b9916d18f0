/** Who made a commit, and why. Only what is signed counts: anybody can write a trailer. */
import type { SignedMessage } from "../../schema/change/commit-signature.ts";
import { emergencyTrailer } from "../../schema/change/emergency-change.ts";
import { parseMessage } from "../../schema/change/parse-message.ts";
import { stepTrailer } from "../../schema/change/step-change.ts";
import { type LogCommit, readLog } from "../git/log.ts";
import { maxChangesPerCommit } from "./first-parent-log.ts";

export interface CommitAttribution {
  /** The name of a person or a token. */
  readonly changed_by: string;
  /** For the API: the issuer of the actor's JSON web token; `null` for a token of the tokens file. */
  readonly issuer: string | null;
  /** For the API: the subject of the JSON web token, or the id of the token; otherwise `null`. */
  readonly subject: string | null;
  /** `api` if a server made the commit for a request, `schedule` if it applied a scheduled step. */
  readonly origin: "api" | "git" | "schedule";
  /** The first line of the commit's message. */
  readonly summary: string;
  /** The client's own words; `""` if it gave none. */
  readonly reason: string;
  /** Whether the change was made without the required review. */
  readonly break_glass: boolean;
}

/** What a server signed about a commit; `undefined` if none did. The commit must have its changes. */
export type VerifyCommit = (commit: LogCommit) => SignedMessage | undefined;

export function attributionOf(commit: LogCommit, verify: VerifyCommit): CommitAttribution {
  const summary = parseMessage(commit.message).subject;
  const { reason, trailers } = verify(commit) ?? { reason: "" };
  if (!trailers || trailers.has(stepTrailer)) {
    // For a step, the author of the commit that added it. Like every author in git, it is not verified.
    const person = { changed_by: commit.author.name, issuer: null, subject: null };
    const origin = trailers ? "schedule" : "git";
    return { ...person, origin, summary, reason, break_glass: false };
  }
  const subject = trailers.get("Actor-Id") ?? "";
  return {
    changed_by: (trailers.get("Actor") ?? "").replace(` (${subject})`, ""),
    issuer: trailers.get("Actor-Issuer") ?? null,
    subject,
    ...{ origin: "api", summary, reason },
    break_glass: trailers.has(emergencyTrailer),
  };
}

/** The attributions of those commits that the API made, by commit and flag: `COMMIT FLAG`. */
export async function readProposals(
  directory: string,
  commits: readonly string[],
  verify: VerifyCommit,
): Promise<Map<string, CommitAttribution>> {
  const proposals = new Map<string, CommitAttribution>();
  const options = { walk: "given", maxChanges: maxChangesPerCommit } as const;
  for await (const commit of readLog(directory, { ...options, from: [...new Set(commits)] })) {
    const flag = verify(commit)?.trailers.get("Flag");
    if (flag !== undefined) proposals.set(`${commit.id} ${flag}`, attributionOf(commit, verify));
  }
  return proposals;
}
