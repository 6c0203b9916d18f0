import { GitHubError } from "./error.ts";
import type { GitHub } from "./github.ts";
import { once } from "./once.ts";

export interface KeptComment {
  readonly action: "created" | "updated" | "unchanged";
  readonly url: string;
}

interface Comment {
  readonly id: number;
  readonly html_url: string;
  readonly body?: string | undefined;
  readonly user: { readonly login: string } | null;
}

/**
 * The one comment of ours on an issue or a pull request that begins with `marker` says `body` from
 * now on. Who else writes the marker is not taken for us; what two of us made at once becomes one.
 */
export async function keepComment(
  github: GitHub,
  issue: number,
  marker: string,
  body: string,
): Promise<KeptComment> {
  const { item, isNew } = await once(
    async () => (await ours(github, issue, marker))[0],
    () =>
      github.do(`comment on #${issue}`, (rest, here) =>
        rest.issues.createComment({ ...here, issue_number: issue, body }),
      ),
  );
  const comment = isNew ? await settle(github, issue, marker, item) : item;
  if (isSame(comment.body ?? "", body)) {
    return { action: isNew ? "created" : "unchanged", url: comment.html_url };
  }
  const updated = await github.do(`update the comment on #${issue}`, (rest, here) =>
    rest.issues.updateComment({ ...here, comment_id: comment.id, body }),
  );
  return { action: "updated", url: updated.html_url };
}

/** Oldest first. */
async function ours(github: GitHub, issue: number, marker: string): Promise<Comment[]> {
  const login = await github.login();
  const found: Comment[] = [];
  const comments = github.list(`read the comments on #${issue}`, (rest, page) =>
    rest.issues.listComments({ ...page, issue_number: issue }),
  );
  for await (const comment of comments) {
    if (comment.user?.login === login && comment.body?.startsWith(marker)) found.push(comment);
  }
  return found.sort((a, b) => a.id - b.id);
}

/** The oldest stays; whoever came second takes that, and their own goes. */
async function settle(
  github: GitHub,
  issue: number,
  marker: string,
  made: Comment,
): Promise<Comment> {
  const [oldest = made, ...others] = await ours(github, issue, marker);
  for (const { id } of others) {
    await github
      .do(`delete a second comment on #${issue}`, (rest, here) =>
        rest.issues.deleteComment({ ...here, comment_id: id }).then(() => ({ data: undefined })),
      )
      .catch((error) => {
        if (!(error instanceof GitHubError && error.status === 404)) throw error;
      });
  }
  return oldest;
}

/** GitHub may trim what is sent, and end lines in its own way. */
function isSame(a: string, b: string): boolean {
  return a.replaceAll("\r\n", "\n").trim() === b.replaceAll("\r\n", "\n").trim();
}
