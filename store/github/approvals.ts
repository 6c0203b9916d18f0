/** Who proposed and who approved a pull request, and the commit status that says whether this is enough. */
import { flagOfProposalBranch } from "../../schema/change/proposal.ts";
import type { ApprovalResult, ProposalReviews } from "../../schema/change/self-approval.ts";
import { cut, shortId } from "../../schema/text/show.ts";
import type { GitHub } from "./github.ts";

/** The commit status that a ruleset requires. */
export const approvalStatus = "Approval";

/** GitHub accepts no longer description. */
const maxDescription = 140;

export async function readProposalReviews(
  github: GitHub,
  number: number,
): Promise<ProposalReviews> {
  const pull = await github.do(`read pull request #${number}`, (rest, here) =>
    rest.pulls.get({ ...here, pull_number: number }),
  );
  // Both as GitHub spells it.
  const isHere = pull.head.repo?.full_name === pull.base.repo.full_name;
  const branch = pull.head.ref;
  const isProposalBranch = isHere && flagOfProposalBranch(branch) !== undefined;
  const contributors = [
    pull.user.login,
    ...(isProposalBranch ? await findPushers(github, branch) : []),
  ];

  const commits: { message: string; author: string | undefined }[] = [];
  const listed = github.list(`read the commits of #${number}`, ({ paginate, rest }, where) =>
    paginate.iterator(rest.pulls.listCommits, { ...where, pull_number: number }),
  );
  for await (const { commit, author } of listed)
    commits.push({ message: commit.message, author: loginOf(author) });

  const reviews = await readReviews(github, number);
  return { head: pull.head.sha, isProposalBranch, contributors, commits, reviews };
}

/** The logins of all who pushed to the branch. Unlike the author of a commit, nobody can forge them. */
async function findPushers(github: GitHub, branch: string): Promise<string[]> {
  const perPage = 100;
  const pushes = await github.do(`read who pushed to "${branch}"`, (rest, here) =>
    rest.repos.listActivities({ ...here, ref: `refs/heads/${branch}`, per_page: perPage }),
  );
  if (pushes.length === perPage) {
    const found = `there are ${perPage} pushes or more`;
    throw new Error(`Cannot tell who pushed to "${branch}": ${found}; propose the change again`);
  }
  return pushes.flatMap(({ actor }) => (actor ? [actor.login] : []));
}

/** The reviews, oldest first, of people who may write to the repository. */
async function readReviews(github: GitHub, number: number): Promise<ProposalReviews["reviews"]> {
  const reviews: ProposalReviews["reviews"][number][] = [];
  const listed = github.list(`read the reviews of #${number}`, ({ paginate, rest }, where) =>
    paginate.iterator(rest.pulls.listReviews, { ...where, pull_number: number }),
  );
  const canWrite = new Map<string, boolean>();
  for await (const { user, state, commit_id: commit } of listed) {
    if (!user || !commit) continue;
    const { login } = user;
    if (!canWrite.has(login)) canWrite.set(login, await mayWrite(github, login));
    if (canWrite.get(login)) reviews.push({ login, state, commit });
  }
  return reviews;
}

async function mayWrite(github: GitHub, login: string): Promise<boolean> {
  const { permission } = await github.do(`read what ${login} may do`, (rest, here) =>
    rest.repos.getCollaboratorPermissionLevel({ ...here, username: login }),
  );
  return permission === "admin" || permission === "write";
}

/** Sets the status of a commit. `url` leads to the workflow run, if there is one. */
export async function setApprovalStatus(
  github: GitHub,
  commit: string,
  { state, message }: ApprovalResult,
  url: string | undefined,
): Promise<void> {
  const description = cut(message, maxDescription);
  await github.do(`set the status of ${shortId(commit)}`, (rest, here) =>
    rest.repos.createCommitStatus({
      ...{ ...here, sha: commit, state, description, context: approvalStatus },
      ...(url === undefined ? {} : { target_url: url }),
    }),
  );
}

/** GitHub's description of a commit's author is an object without fields if it knows none. */
function loginOf(author: unknown): string | undefined {
  const { login } = (author ?? {}) as { readonly login?: unknown };
  return typeof login === "string" ? login : undefined;
}
