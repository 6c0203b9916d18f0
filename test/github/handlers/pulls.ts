import type { OperationId } from "../api/operations.ts";
import { type Answer, invalid, problem } from "../fault.ts";
import type { Issue, Pull } from "../state.ts";
import { ahead, branchHead, isAncestor, mergeInto, resolve } from "./bare.ts";
import { checkText, newIssue, setState, showLabels, urlOf } from "./issues.ts";
import { page } from "./paging.ts";
import { showRepository } from "./repos.ts";
import { type Ask, type Handler, render, text, timeOf, user, type World } from "./world.ts";

export const pullHandlers: Partial<Record<OperationId, Handler>> = {
  "pulls/create"({ body, account, world }) {
    const [title, head, base] = [text(body.title), text(body.head), text(body.base)];
    const wrong = checkText("PullRequest", title, text(body.body));
    if (wrong) return wrong;
    const branch = head.startsWith(`${world.owner}:`) ? head.slice(world.owner.length + 1) : head;
    const sha = branchHead(world.bare, branch);
    const baseSha = branchHead(world.bare, base);
    if (sha === undefined) return invalid("PullRequest", "head", "", "invalid");
    if (baseSha === undefined) return invalid("PullRequest", "base", "", "invalid");
    if (findOpen(world, world.owner, branch, base)) {
      const message = `A pull request already exists for ${world.owner}:${branch}.`;
      return invalid("PullRequest", "head", message);
    }
    if (ahead(world.bare, baseSha, sha) === 0) {
      return invalid("PullRequest", "head", `No commits between ${base} and ${branch}`);
    }
    const issue = openPull(world, {
      ...{ author: account.login, title, body: text(body.body), draft: body.draft === true },
      ...{ owner: world.owner, branch, base, sha },
    });
    return { status: 201, body: showPull(world, issue, "pull-request") };
  },

  "pulls/get": (ask) =>
    withPull(ask, (issue) => ({ status: 200, body: showPull(ask.world, issue, "pull-request") })),

  "pulls/list"({ query, world }) {
    const state = query.get("state") ?? "open";
    // GitHub ignores a head without its owner.
    const head = query.get("head")?.includes(":") ? query.get("head") : null;
    const base = query.get("base");
    const found = pulls(world).filter(
      ({ issue, pull }) =>
        (state === "all" || issue.state === state) &&
        (head === null || head === `${pull.owner}:${pull.branch}`) &&
        (base === null || base === pull.base),
    );
    if (query.get("direction") !== "asc") found.reverse();
    const items = found.map(({ issue }) => showPull(world, issue, "pull-request-simple"));
    return page(world, `/repos/${world.owner}/${world.repo}/pulls`, query, items);
  },

  "pulls/update": (ask) =>
    withPull(ask, (issue) => {
      const { title, body, state } = ask.body;
      if (title !== undefined) issue.title = text(title);
      if (body !== undefined) issue.body = text(body);
      if (state === "open" || state === "closed") setState(ask.world, issue, state);
      issue.updated_at = timeOf(ask.world);
      return { status: 200, body: showPull(ask.world, issue, "pull-request") };
    }),

  "pulls/merge": (ask) =>
    withPull(ask, (issue, pull) => {
      const { sha, merge_method } = ask.body;
      const head = headOf(ask.world, issue, pull);
      if (sha !== undefined && sha !== head) {
        return problem(409, "Head branch was modified. Review and try the merge again.");
      }
      const merged = mergePull(ask.world, issue, ask.account.login, merge_method === "squash");
      if (merged === undefined) return problem(405, "Pull Request is not mergeable");
      const message = "Pull Request successfully merged";
      return { status: 200, body: { sha: merged, merged: true, message } };
    }),

  "repos/list-pull-requests-associated-with-commit"({ params, query, world }) {
    const commit = resolve(world.bare, params.commit_sha ?? "");
    if (commit === undefined) return problem(409, "No commit found for SHA");
    const found = pulls(world).filter(({ issue, pull }) => belongsTo(world, issue, pull, commit));
    const items = found.map(({ issue }) => showPull(world, issue, "pull-request-simple"));
    const path = `/repos/${world.owner}/${world.repo}/commits/${params.commit_sha}/pulls`;
    return page(world, path, query, items);
  },
};

export interface NewPull extends Pick<Pull, "owner" | "branch" | "base" | "sha" | "draft"> {
  readonly author: string;
  readonly title: string;
  readonly body: string;
}

export function openPull(world: World, { author, title, body, ...pull }: NewPull): Issue {
  const issue = newIssue(world, author, title, body);
  const unmerged = { merged_at: null, merge_commit_sha: null, merged_by: null };
  issue.pull = { ...pull, ...unmerged, reviews: [] };
  world.bare.git("update-ref", `refs/pull/${issue.number}/head`, pull.sha);
  return issue;
}

/** Merges by a real commit; `undefined` on a conflict. */
export function mergePull(
  world: World,
  issue: Issue,
  by: string,
  squash: boolean,
): string | undefined {
  const { pull } = issue;
  if (!pull || issue.state !== "open" || pull.draft) return undefined;
  pull.sha = headOf(world, issue, pull);
  const message = squash
    ? `${issue.title} (#${issue.number})`
    : `Merge pull request #${issue.number} from ${pull.owner}/${pull.branch}\n\n${issue.title}`;
  const options = { message, author: by, squash, time: world.now() };
  const commit = mergeInto(world.bare, pull.base, pull.sha, options);
  if (commit === undefined) return undefined;
  pull.merge_commit_sha = commit;
  pull.merged_at = timeOf(world);
  pull.merged_by = by;
  setState(world, issue, "closed");
  return commit;
}

function pulls(world: World): { issue: Issue; pull: Pull }[] {
  const issues = [...world.state.issues.values()];
  return issues.flatMap((issue) => (issue.pull ? [{ issue, pull: issue.pull }] : []));
}

function findOpen(world: World, owner: string, branch: string, base: string): unknown {
  return pulls(world).find(
    ({ issue, pull }) =>
      issue.state === "open" &&
      pull.owner === owner &&
      pull.branch === branch &&
      pull.base === base,
  );
}

/** Whether a commit belongs to a pull request, merged or not. */
function belongsTo(world: World, issue: Issue, pull: Pull, commit: string): boolean {
  const { bare } = world;
  const merge = pull.merge_commit_sha;
  if (merge !== null) {
    return (
      merge === commit ||
      (isAncestor(bare, commit, merge) && !isAncestor(bare, commit, `${merge}^1`))
    );
  }
  const head = headOf(world, issue, pull);
  const base = branchHead(bare, pull.base);
  const isIn = (line: string | undefined) => line !== undefined && isAncestor(bare, commit, line);
  return isIn(head) && !isIn(base);
}

/** The head of a pull request: the current one for our branches, the recorded one for forks. */
export function headOf(world: World, issue: Issue, pull: Pull): string {
  const isOurs = pull.owner === world.owner && issue.state === "open";
  const head = (isOurs ? branchHead(world.bare, pull.branch) : undefined) ?? pull.sha;
  pull.sha = head;
  return head;
}

export function withPull(ask: Ask, work: (issue: Issue, pull: Pull) => Answer): Answer {
  const issue = ask.world.state.issues.get(Number(ask.params.pull_number));
  return issue?.pull ? work(issue, issue.pull) : problem(404, "Not Found");
}

function showPull(
  world: World,
  issue: Issue,
  schema: "pull-request" | "pull-request-simple",
): unknown {
  const pull = issue.pull as Pull;
  const { number, title, body, state, created_at, updated_at, closed_at } = issue;
  const api = `${world.api}/repos/${world.owner}/${world.repo}`;
  const side = (owner: string, ref: string, sha: string) => ({
    ...{ label: `${owner}:${ref}`, ref, sha, user: user(owner) },
    repo: showRepository(world, owner),
  });
  const base = branchHead(world.bare, pull.base) ?? pull.sha;
  const known = {
    ...{ id: 20_000 + number, number, title, body, state, draft: pull.draft },
    ...{ created_at, updated_at, closed_at, merged_at: pull.merged_at, user: user(issue.author) },
    url: `${api}/pulls/${number}`,
    html_url: urlOf(world, issue),
    merge_commit_sha: pull.merge_commit_sha,
    labels: showLabels(world, issue.labels),
    head: side(pull.owner, pull.branch, headOf(world, issue, pull)),
    base: side(world.owner, pull.base, base),
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
