/** Who made a commit, and why, by the commit's own account. */
import { trailer as emergencyTrailer } from "../../schema/change/emergency-change.ts";
import { parseMessage } from "../../schema/change/parse-message.ts";
import { isOurs } from "../git/commits.ts";
import { type LogCommit, readCommitsById } from "../git/log.ts";

export interface CommitAttribution {
  /** A person, or a token. */
  readonly changed_by: string;
  /** `api` if the API was asked for the commit. */
  readonly origin: "api" | "git";
  /** The first line of the commit's message. */
  readonly summary: string;
  /** The client's own words; `""` if it gave none. */
  readonly reason: string;
  /** Whether the change was made without the review that the policy asks for. */
  readonly break_glass: boolean;
}

/** The attribution of a commit, and the flag that it names. */
export function attributionOf(commit: LogCommit): CommitAttribution & { readonly flag: string } {
  const { author, committer, message } = commit;
  const { subject, body, trailers } = parseMessage(message);
  const actor = trailers.get("Actor");
  const [reason = "", ...others] = body.split("\n\n");
  return {
    // When GitHub makes one commit of a pull request, its author is whoever opened that.
    changed_by: actor !== undefined && !isOurs(committer.email) ? nameIn(actor) : author.name,
    origin: actor === undefined ? "git" : "api",
    summary: subject,
    reason: actor !== undefined && others.length > 0 ? reason : "",
    break_glass: isOurs(committer.email) && trailers.has(emergencyTrailer),
    flag: trailers.get("Flag") ?? "",
  };
}

/** The attributions of those commits that the API made for the flag `name`, by commit. */
export async function readProposals(
  directory: string,
  commits: readonly string[],
  name: string,
): Promise<Map<string, CommitAttribution>> {
  const proposals = new Map<string, CommitAttribution>();
  for (const commit of await readCommitsById(directory, commits)) {
    const { flag, ...attribution } = attributionOf(commit);
    if (attribution.origin === "api" && flag === name) proposals.set(commit.id, attribution);
  }
  return proposals;
}

/** The name in `Ada (ada)`, the form of the trailer. */
function nameIn(actor: string): string {
  return actor.replace(/ \([^()]*\)$/, "");
}
