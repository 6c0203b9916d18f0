/** What a commit says of itself: who made it, and why. */
import { trailer as glassTrailer } from "../../schema/change/emergency-change.ts";
import { isOurs } from "../git/commits.ts";
import { readGit } from "../git/git.ts";

export interface CommitAttribution {
  /** A person, or a token. */
  readonly changed_by: string;
  /** `api` where the API was asked for it. */
  readonly origin: "api" | "git";
  /** The first line of the commit's message. */
  readonly summary: string;
  /** The client's own words; `""` where it gave none. */
  readonly reason: string;
  /** Whether it was done without the review that the policy asks for. */
  readonly break_glass: boolean;
}

const keys = ["Actor", "Flag", glassTrailer];

/** For `git log --format`: fields that each end with NUL, as many as `accountFields`. */
export const attributionFormat = [
  "%an%x00%ce%x00%s%x00%b%x00",
  ...keys.map((key) => `%(trailers:key=${key},valueonly)%x00`),
].join("");
export const attributionFieldCount = 7;

export function parseAttribution(
  fields: readonly string[],
): CommitAttribution & { readonly flag: string } {
  const [author = "", committer = "", summary = "", body = "", actor = "", flag = "", glass = ""] =
    fields;
  const isApi = actor.trim() !== "";
  const [reason = "", trailers] = body.trim().split("\n\n");
  return {
    // Where GitHub made one commit of a pull request, its author is who opened that.
    changed_by: isApi && !isOurs(committer) ? nameIn(actor) : author,
    origin: isApi ? "api" : "git",
    summary,
    reason: isApi && trailers !== undefined ? reason : "",
    break_glass: isOurs(committer) && glass.trim() !== "",
    flag: flag.trim(),
  };
}

/** The accounts of commits that the API made for the flag `name`, by commit; of no others. */
export async function readProposals(
  directory: string,
  commits: readonly string[],
  name: string,
): Promise<Map<string, CommitAttribution>> {
  const accounts = new Map<string, CommitAttribution>();
  if (commits.length === 0) return accounts;
  const args = ["log", "--no-walk=unsorted", "--no-notes", "--no-color", "--no-show-signature"];
  args.push(
    "--encoding=UTF-8",
    `--format=%H%x00${attributionFormat}`,
    "--end-of-options",
    ...commits,
  );
  const tokens = (await readGit(directory, args)).split("\0");
  for (let at = 0; at + attributionFieldCount < tokens.length; at += 1 + attributionFieldCount) {
    const { flag, ...account } = parseAttribution(tokens.slice(at + 1));
    if (account.origin === "api" && flag === name) accounts.set((tokens[at] ?? "").trim(), account);
  }
  return accounts;
}

/** `Ada (ada)`, as the trailer has it. */
function nameIn(actor: string): string {
  return actor.trim().replace(/ \([^()]*\)$/, "");
}
