import { shortId } from "../../schema/text/show.ts";
import type { GitHub } from "./github.ts";

export interface PullRequest {
  readonly number: number;
  readonly url: string;
  /** The full id of its head commit. */
  readonly head: string;
}

/** A branch of this repository or of a fork, at a commit. */
export interface Head {
  readonly owner: string;
  readonly branch: string;
  readonly commit: string;
}

export async function getPull(github: GitHub, number: number): Promise<PullRequest> {
  const pull = await github.do(`read pull request #${number}`, (rest, here) =>
    rest.pulls.get({ ...here, pull_number: number }),
  );
  return pullOf(pull);
}

/** The open pull requests whose head is this commit: none after another push. */
export async function findOpenPulls(github: GitHub, head: Head): Promise<PullRequest[]> {
  const found: PullRequest[] = [];
  const pulls = github.list(
    `find the pull request of ${shortId(head.commit)}`,
    ({ paginate, rest }, where) =>
      paginate.iterator(rest.pulls.list, {
        ...where,
        state: "open",
        head: `${head.owner}:${head.branch}`,
      }),
  );
  for await (const pull of pulls) if (pull.head.sha === head.commit) found.push(pullOf(pull));
  return found;
}

/** The merged pull requests that contain a commit. */
export async function findMergedPulls(
  github: GitHub,
  commit: string,
): Promise<(PullRequest & { readonly labels: readonly string[] })[]> {
  const found: (PullRequest & { readonly labels: readonly string[] })[] = [];
  const pulls = github.list(
    `find the pull requests of ${shortId(commit)}`,
    ({ paginate, rest }, where) =>
      paginate.iterator(rest.repos.listPullRequestsAssociatedWithCommit, {
        ...where,
        commit_sha: commit,
      }),
  );
  for await (const pull of pulls) {
    const labels = pull.labels.map(({ name }) => name);
    if (pull.merged_at) found.push({ ...pullOf(pull), labels });
  }
  return found;
}

function pullOf(pull: {
  readonly number: number;
  readonly html_url: string;
  readonly head: { readonly sha: string };
}): PullRequest {
  const { number, html_url: url, head } = pull;
  return { number, url, head: head.sha };
}
