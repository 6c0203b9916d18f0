/**
 * Whether somebody other than the requester approved a proposed change. GitHub itself only keeps the
 * author of a pull request from approving it, and the author of a proposal is the server.
 */
import { shortId } from "../text/show.ts";
import { signatureIn, unverifiedTrailer } from "./commit-signature.ts";

/** What GitHub knows about a pull request. */
export interface ProposalReviews {
  /** Full id of the newest commit. */
  readonly head: string;
  /** Whether the pull request's branch has the name of a proposal's, in the repository itself. */
  readonly isProposalBranch: boolean;
  /**
   * The logins that opened the pull request or pushed to its branch, as GitHub recorded them. Trailers
   * of commits may be trusted as much: only these people can have written them.
   */
  readonly contributors: readonly string[];
  readonly commits: readonly {
    readonly message: string;
    /** The login of the commit's author, if GitHub knows it. */
    readonly author?: string | undefined;
  }[];
  /** Oldest first, only of people who may write to the repository. */
  readonly reviews: readonly {
    readonly login: string;
    /** As GitHub has it: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`. */
    readonly state: string;
    /** Full id of the commit that was reviewed. */
    readonly commit: string;
  }[];
}

/** `pending` if nobody approved the newest commit, `failure` if the approvals do not count. */
export interface ApprovalResult {
  readonly state: "success" | "pending" | "failure";
  readonly message: string;
}

/** Whether the approvals are enough. Pull requests that are not proposals need none here. */
export function checkApproval(proposal: ProposalReviews): ApprovalResult {
  const { head, isProposalBranch, contributors, commits, reviews } = proposal;
  const proposed = commits.filter(({ message }) => signatureIn(message) !== "");
  if (proposed.length === 0 && !isProposalBranch)
    return { state: "success", message: "This is not a change that the API proposed" };
  if (proposed.length === 0) {
    const message = "Cannot tell who requested the change: no commit on the branch names them";
    return { state: "failure", message };
  }

  const requesters = new Set(contributors.map((login) => login.toLowerCase()));
  for (const { message } of proposed) {
    const login = unverifiedTrailer(message, "Actor-GitHub").toLowerCase();
    if (login === "") {
      const hint = 'add "github" to the entry of the token, then propose the change again';
      return { state: "failure", message: `Cannot tell who requested the change: ${hint}` };
    }
    requesters.add(login);
  }
  for (const { author } of commits) if (author) requesters.add(author.toLowerCase());

  const approvers = approversOf(reviews, head);
  const others = approvers.filter((login) => !requesters.has(login));
  const commit = shortId(head);
  if (others.length > 0)
    return { state: "success", message: `${others.join(", ")} approved ${commit}` };
  const wanted = `somebody other than ${[...requesters].sort().join(", ")} must approve ${commit}`;
  return approvers.length === 0
    ? { state: "pending", message: `Waiting: ${wanted}` }
    : { state: "failure", message: `Cannot accept a requester's own approval: ${wanted}` };
}

/** The logins in lower case whose newest decision approves `head`. */
function approversOf(reviews: ProposalReviews["reviews"], head: string): string[] {
  const decisions = new Map<string, { state: string; commit: string }>();
  for (const { login, state, commit } of reviews)
    if (state !== "COMMENTED") decisions.set(login.toLowerCase(), { state, commit });
  return [...decisions].flatMap(([login, { state, commit }]) =>
    state === "APPROVED" && commit === head ? [login] : [],
  );
}
