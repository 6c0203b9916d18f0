import type { OperationId } from "../api/operations.ts";
import { type Answer, invalid, problem } from "../fault.ts";
import type { Issue, Pull } from "../state.ts";
import { ahead, branchHead, isAncestor, mergeInto, resolve } from "./bare.ts";
import {
  type Handler,
  type HandlerInput,
  type Host,
  render,
  text,
  timeOf,
  user,
} from "./handler.ts";
import { checkText, newIssue, setState, showLabels, urlOf } from "./issues.ts";
import { page } from "./paging.ts";
import { showRepository } from "./repos.ts";

export const pullHandlers: Partial<Record<OperationId, Handler>> = {
  "pulls/create"({ body, account, host }) {
    const [title, head, base] = [text(body.title), text(body.head), text(body.base)];
    const wrong = checkText("PullRequest", title, text(body.body));
    if (wrong) return wrong;
    const branch = head.startsWith(`${host.owner}:`) ? head.slice(host.owner.length + 1) : head;
    const sha = branchHead(host.bare, branch);
    const baseSha = branchHead(host.bare, base);
    if (sha === undefined) return invalid("PullRequest", "head", "", "invalid");
    if (baseSha === undefined) return invalid("PullRequest", "base", "", "invalid");
    if (findOpen(host, host.owner, branch, base)) {
      const message = `A pull request already exists for ${host.owner}:${branch}.`;
      return invalid("PullRequest", "head", message);
    }
    if (ahead(host.bare, baseSha, sha) === 0) {
      return invalid("PullRequest", "head", `No commits between ${base} and ${branch}`);
    }
    const issue = openPull(host, {
      ...{ author: account.login, title, body: text(body.body), draft: body.draft === true },
      ...{ owner: host.owner, branch, base, sha },
    });
    return { status: 201, body: showPull(host, issue, "pull-request") };
  },

  "pulls/get": (input) =>
    withPull(input, (issue) => ({
      status: 200,
      body: showPull(input.host, issue, "pull-request"),
    })),

  "pulls/list"({ query, host }) {
    const state = query.get("state") ?? "open";
    // GitHub ignores a head without its owner.
    const head = query.get("head")?.includes(":") ? query.get("head") : null;
    const base = query.get("base");
    const found = pulls(host).filter(
      ({ issue, pull }) =>
        (state === "all" || issue.state === state) &&
        (head === null || head === `${pull.owner}:${pull.branch}`) &&
        (base === null || base === pull.base),
    );
    if (query.get("direction") !== "asc") found.reverse();
    const items = found.map(({ issue }) => showPull(host, issue, "pull-request-simple"));
    return page(host, `/repos/${host.owner}/${host.repo}/pulls`, query, items);
  },

  "pulls/update": (input) =>
    withPull(input, (issue) => {
      const { title, body, state } = input.body;
      if (title !== undefined) issue.title = text(title);
      if (body !== undefined) issue.body = text(body);
      if (state === "open" || state === "closed") setState(input.host, issue, state);
      issue.updated_at = timeOf(input.host);
      return { status: 200, body: showPull(input.host, issue, "pull-request") };
    }),

  "pulls/merge": (input) =>
    withPull(input, (issue, pull) => {
      const { sha, merge_method } = input.body;
      const head = headOf(input.host, issue, pull);
      if (sha !== undefined && sha !== head) {
        return problem(409, "Head branch was modified. Review and try the merge again.");
      }
      const merged = mergePull(input.host, issue, input.account.login, merge_method === "squash");
      if (merged === undefined) return problem(405, "Pull Request is not mergeable");
      const message = "Pull Request successfully merged";
      return { status: 200, body: { sha: merged, merged: true, message } };
    }),

  "repos/list-pull-requests-associated-with-commit"({ params, query, host }) {
    const commit = resolve(host.bare, params.commit_sha ?? "");
    if (commit === undefined) return problem(409, "No commit found for SHA");
    const found = pulls(host).filter(({ issue, pull }) => belongsTo(host, issue, pull, commit));
    const items = found.map(({ issue }) => showPull(host, issue, "pull-request-simple"));
    const path = `/repos/${host.owner}/${host.repo}/commits/${params.commit_sha}/pulls`;
    return page(host, path, query, items);
  },
};

export interface NewPull extends Pick<Pull, "owner" | "branch" | "base" | "sha" | "draft"> {
  readonly author: string;
  readonly title: string;
  readonly body: string;
}

export function openPull(host: Host, { author, title, body, ...pull }: NewPull): Issue {
  const issue = newIssue(host, author, title, body);
  const unmerged = { merged_at: null, merge_commit_sha: null, merged_by: null };
  issue.pull = { ...pull, ...unmerged, reviews: [] };
  host.bare.git("update-ref", `refs/pull/${issue.number}/head`, pull.sha);
  return issue;
}

/** Merges by a real commit; `undefined` on a conflict. */
export function mergePull(
  host: Host,
  issue: Issue,
  by: string,
  squash: boolean,
): string | undefined {
  const { pull } = issue;
  if (!pull || issue.state !== "open" || pull.draft) return undefined;
  pull.sha = headOf(host, issue, pull);
  const message = squash
    ? `${issue.title} (#${issue.number})`
    : `Merge pull request #${issue.number} from ${pull.owner}/${pull.branch}\n\n${issue.title}`;
  const options = { message, author: by, squash, time: host.now() };
  const commit = mergeInto(host.bare, pull.base, pull.sha, options);
  if (commit === undefined) return undefined;
  pull.merge_commit_sha = commit;
  pull.merged_at = timeOf(host);
  pull.merged_by = by;
  setState(host, issue, "closed");
  return commit;
}

function pulls(host: Host): { issue: Issue; pull: Pull }[] {
  const issues = [...host.state.issues.values()];
  return issues.flatMap((issue) => (issue.pull ? [{ issue, pull: issue.pull }] : []));
}

function findOpen(host: Host, owner: string, branch: string, base: string): unknown {
  return pulls(host).find(
    ({ issue, pull }) =>
      issue.state === "open" &&
      pull.owner === owner &&
      pull.branch === branch &&
      pull.base === base,
  );
}

/** Whether a commit belongs to a pull request, merged or not. */
function belongsTo(host: Host, issue: Issue, pull: Pull, commit: string): boolean {
  const { bare } = host;
  const merge = pull.merge_commit_sha;
  if (merge !== null) {
    return (
      merge === commit ||
      (isAncestor(bare, commit, merge) && !isAncestor(bare, commit, `${merge}^1`))
    );
  }
  const head = headOf(host, issue, pull);
  const base = branchHead(bare, pull.base);
  const isIn = (line: string | undefined) => line !== undefined && isAncestor(bare, commit, line);
  return isIn(head) && !isIn(base);
}

/** The head of a pull request: the current one for our branches, the recorded one for forks. */
export function headOf(host: Host, issue: Issue, pull: Pull): string {
  const isOurs = pull.owner === host.owner && issue.state === "open";
  const head = (isOurs ? branchHead(host.bare, pull.branch) : undefined) ?? pull.sha;
  pull.sha = head;
  return head;
}

export function withPull(input: HandlerInput, work: (issue: Issue, pull: Pull) => Answer): Answer {
  const issue = input.host.state.issues.get(Number(input.params.pull_number));
  return issue?.pull ? work(issue, issue.pull) : problem(404, "Not Found");
}

function showPull(
  host: Host,
  issue: Issue,
  schema: "pull-request" | "pull-request-simple",
): unknown {
  const pull = issue.pull as Pull;
  const { number, title, body, state, created_at, updated_at, closed_at } = issue;
  const api = `${host.api}/repos/${host.owner}/${host.repo}`;
  const side = (owner: string, ref: string, sha: string) => ({
    ...{ label: `${owner}:${ref}`, ref, sha, user: user(owner) },
    repo: showRepository(host, owner),
  });
  const base = branchHead(host.bare, pull.base) ?? pull.sha;
  const known = {
    ...{ id: 20_000 + number, number, title, body, state, draft: pull.draft },
    ...{ created_at, updated_at, closed_at, merged_at: pull.merged_at, user: user(issue.author) },
    url: `${api}/pulls/${number}`,
    html_url: urlOf(host, issue),
    merge_commit_sha: pull.merge_commit_sha,
    labels: showLabels(host, issue.labels),
    head: side(pull.owner, pull.branch, headOf(host, issue, pull)),
    base: side(host.owner, pull.base, base),
    author_association: "NONE",
    assignees: [],
    requested_reviewers: [],
  };
  const whole = {
    merged: pull.merged_at !== null,
    merged_by: pull.merged_by === null ? null : user(pull.merged_by),
    mergeable: state === "open" ? true : null,
    mergeable_state: "clean",
  };
  return render(schema, schema === "pull-request" ? { ...known, ...whole } : known);
}
