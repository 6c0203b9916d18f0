import { environmentsOfLabels, flagOfProposalBranch } from "../../schema/change/proposal.ts";

/** The state of a proposed change. */
export interface ProposedChange {
  /** The pull request's number. */
  readonly id: string;
  readonly status: "open" | "merged" | "closed";
  readonly flag: string;
  /** The protected environments in which it shows, by the pull request's labels. */
  readonly environments: readonly string[];
  /** The pull request's title. */
  readonly summary: string;
  /** Its URL, for people. */
  readonly pullRequest: string;
  /** The commit that merged it. */
  readonly commit: string | undefined;
}

/** The part of GitHub's answer about a pull request that is used here. */
export interface Pull {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly html_url: string;
  readonly merged_at: string | null;
  readonly merge_commit_sha: string | null;
  /** Missing if the account was deleted. */
  readonly user: { readonly login: string } | null;
  readonly labels: readonly { readonly name?: string }[];
  /** `repo` is null if the fork was deleted. */
  readonly head: { readonly ref: string; readonly repo: Repository | null };
  readonly base: { readonly ref: string; readonly repo: Repository };
}

interface Repository {
  readonly full_name: string;
}

export function asChange(pull: Pull, flag: string): ProposedChange {
  const { number, state, title, labels, html_url, merged_at, merge_commit_sha } = pull;
  const isMerged = merged_at !== null;
  return {
    id: String(number),
    status: isMerged ? "merged" : state === "open" ? "open" : "closed",
    flag,
    environments: environmentsOfLabels(labels.flatMap(({ name }) => name ?? [])),
    summary: title,
    pullRequest: html_url,
    commit: isMerged ? (merge_commit_sha ?? undefined) : undefined,
  };
}

/** `undefined` if the pull request is not one that was opened for a change of `branch`. */
export function asProposal(pull: Pull, branch: string): ProposedChange | undefined {
  const { head, base } = pull;
  // Both in GitHub's spelling: GITHUB_REPOSITORY may be set in another case.
  const isHere = head.repo?.full_name === base.repo.full_name;
  const flag = isHere && base.ref === branch ? flagOfProposalBranch(head.ref) : undefined;
  return flag === undefined ? undefined : asChange(pull, flag);
}
