/** What became of a change that was proposed. */
export interface ProposedChange {
  /** The pull request's number. */
  readonly id: string;
  readonly status: "open" | "merged" | "closed";
  readonly flag: string;
  /** The pull request's title. */
  readonly summary: string;
  /** Its URL, for people. */
  readonly pullRequest: string;
  /** The commit that brought it onto the branch. */
  readonly commit: string | undefined;
}

/** What GitHub tells of a pull request, as far as it is used here. */
export interface Pull {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly html_url: string;
  readonly merged_at: string | null;
  readonly merge_commit_sha: string | null;
  readonly labels: readonly { readonly name?: string }[];
  /** A fork may be gone. */
  readonly head: { readonly ref: string; readonly repo: Repository | null };
  readonly base: { readonly ref: string; readonly repo: Repository };
}

interface Repository {
  readonly full_name: string;
}

export function asChange(pull: Pull, flag: string): ProposedChange {
  const { number, state, title, html_url, merged_at, merge_commit_sha } = pull;
  const isMerged = merged_at !== null;
  return {
    id: String(number),
    status: isMerged ? "merged" : state === "open" ? "open" : "closed",
    flag,
    summary: title,
    pullRequest: html_url,
    commit: isMerged ? (merge_commit_sha ?? undefined) : undefined,
  };
}
