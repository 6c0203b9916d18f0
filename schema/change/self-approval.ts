/**
 * Whether somebody other than the requester approved a proposed change. GitHub itself only keeps the
 * author of a pull request from approving it, and the author of a proposal is the server.
 */
import { signatureIn, unverifiedTrailer } from "./commit-signature.ts";

/** What GitHub knows about the pull request of a proposal. */
export interface ProposalReviews {
  /** Full id of the newest commit. */
  readonly head: string;
  readonly commits: readonly {
    readonly message: string;
    /** The login of the commit's author, if GitHub knows it. */
    readonly author?: string | undefined;
  }[];
  /** Oldest first. */
  readonly reviews: readonly {
    readonly login: string;
    /** As GitHub has it: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`. */
    readonly state: string;
    /** Full id of the commit that was reviewed. */
    readonly commit: string;
  }[];
}

/** Why the approvals are not enough; `undefined` if they are, or if no commit is a proposal's. */
export function findMissingApproval({
  head,
  commits,
  reviews,
}: ProposalReviews): string | undefined {
  const proposed = commits.filter(({ message }) => signatureIn(message) !== "");
  if (proposed.length === 0) return undefined;
  const requesters = new Set<string>();
  for (const { message } of proposed) {
    const login = unverifiedTrailer(message, "Actor-GitHub").toLowerCase();
    if (login === "") {
      const actor = unverifiedTrailer(message, "Actor") || "somebody";
      const cure = 'add "github" to the entry of the token, then propose the change again';
      return `Cannot tell whether ${actor} approved their own change: the login on GitHub is not known; ${cure}`;
    }
    requesters.add(login);
  }
  for (const { author } of commits) if (author) requesters.add(author.toLowerCase());

  /** By login, the newest review that decides. */
  const decisions = new Map<string, { state: string; commit: string }>();
  for (const { login, state, commit } of reviews)
    if (state !== "COMMENTED") decisions.set(login.toLowerCase(), { state, commit });
  const isEnough = [...decisions].some(
    ([login, { state, commit }]) =>
      state === "APPROVED" && commit === head && !requesters.has(login),
  );
  if (isEnough) return undefined;
  const names = [...requesters].sort().join(", ");
  return `Cannot accept the approvals: somebody other than ${names} must approve ${head.slice(0, 7)}`;
}
