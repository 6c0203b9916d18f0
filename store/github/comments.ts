import { ignoreStatus } from "./error.ts";
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
 * Creates or updates our comment on an issue or a pull request. `body` begins with `marker`, which
 * identifies the comment. Comments of other accounts do not count, even with the marker. If two runs
 * created a comment at the same time, one of them is deleted.
 */
export async function keepComment(
  github: GitHub,
  issue: number,
  marker: string,
  body: string,
): Promise<KeptComment> {
  const { item, isNew } = await once(
    async () => (await findOwnComments(github, issue, marker))[0],
    () =>
      github.do(`comment on #${issue}`, (rest, here) =>
        rest.issues.createComment({ ...here, issue_number: issue, body }),
      ),
  );
  const comment = isNew ? await removeDuplicates(github, issue, marker, item) : item;
  if (isSame(comment.body ?? "", body)) {
    return { action: isNew ? "created" : "unchanged", url: comment.html_url };
  }
  const updated = await github.do(`update the comment on #${issue}`, (rest, here) =>
    rest.issues.updateComment({ ...here, comment_id: comment.id, body }),
  );
  return { action: "updated", url: updated.html_url };
}

/** Our comments with the marker, oldest first. */
async function findOwnComments(github: GitHub, issue: number, marker: string): Promise<Comment[]> {
  const login = await github.login();
  const found: Comment[] = [];
  const comments = github.list(`read the comments on #${issue}`, ({ paginate, rest }, where) =>
    paginate.iterator(rest.issues.listComments, { ...where, issue_number: issue }),
  );
  for await (const comment of comments) {
    if (comment.user?.login === login && comment.body?.startsWith(marker)) found.push(comment);
  }
  return found.sort((a, b) => a.id - b.id);
}

/** Keeps the oldest comment and deletes the others, which other runs created at the same time. */
async function removeDuplicates(
  github: GitHub,
  issue: number,
  marker: string,
  made: Comment,
): Promise<Comment> {
  const [oldest = made, ...others] = await findOwnComments(github, issue, marker);
  for (const { id } of others) {
    await ignoreStatus(404, () =>
      github.do(`delete a second comment on #${issue}`, (rest, here) =>
        rest.issues.deleteComment({ ...here, comment_id: id }),
      ),
    );
  }
  return oldest;
}

/** Compares two bodies. GitHub may trim a body, and change its line ends. */
function isSame(a: string, b: string): boolean {
  return a.replaceAll("\r\n", "\n").trim() === b.replaceAll("\r\n", "\n").trim();
}
