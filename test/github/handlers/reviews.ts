/** Reviews, pushes, permissions, and commit statuses. */
import type { OperationId } from "../api/operations.ts";
import { problem } from "../fault.ts";
import type { Issue, Review } from "../state.ts";
import { branchHead, resolve } from "./bare.ts";
import { type Handler, type Host, render, takeId, text, timeOf, user } from "./handler.ts";
import { page } from "./paging.ts";
import { headOf, withPull } from "./pulls.ts";

export const reviewHandlers: Partial<Record<OperationId, Handler>> = {
  "pulls/list-commits": (input) =>
    withPull(input, (issue, pull) => {
      const { host, query } = input;
      const base = branchHead(host.bare, pull.base);
      const range = `${base}..${headOf(host, issue, pull)}`;
      const ids = host.bare.git("rev-list", "--reverse", range).split("\n");
      const items = ids.filter((id) => id !== "").map((id) => showCommit(host, id));
      return page(host, `${pathOf(host, issue)}/commits`, query, items);
    }),

  "pulls/list-reviews": (input) =>
    withPull(input, (issue, pull) => {
      const { host, query } = input;
      const items = pull.reviews.map(({ id, login, commit, state }) =>
        render("pull-request-review", { id, user: user(login), state, commit_id: commit }),
      );
      return page(host, `${pathOf(host, issue)}/reviews`, query, items);
    }),

  "repos/list-activities"({ query, host }) {
    const branch = (query.get("ref") ?? "").replace("refs/heads/", "");
    const pushes = host.state.pushes.filter((push) => push.branch === branch).reverse();
    const body = pushes.map(({ login, commit }) =>
      render("activity", {
        ...{ ref: `refs/heads/${branch}`, after: commit, activity_type: "push" },
        actor: user(login),
      }),
    );
    return { status: 200, body: body.slice(0, Number(query.get("per_page") ?? 30)) };
  },

  "repos/get-collaborator-permission-level"({ params, host }) {
    const permission = host.state.permissions.get(params.username ?? "") ?? "write";
    const body = { permission, role_name: permission, user: null };
    return { status: 200, body: render("repository-collaborator-permission", body) };
  },

  "repos/create-commit-status"({ params, body, host, account }) {
    const commit = resolve(host.bare, params.sha ?? "");
    if (commit === undefined) return problem(422, `No commit found for SHA: ${params.sha}`);
    const description = text(body.description);
    // GitHub's limit.
    if (description.length > 140) return problem(422, "description is too long");
    const [context, state] = [text(body.context) || "default", text(body.state)];
    const target_url = text(body.target_url);
    host.state.statuses.push({ commit, context, state, description, target_url });
    const times = { created_at: timeOf(host), updated_at: timeOf(host) };
    const shown = {
      context,
      state,
      description,
      target_url,
      ...times,
      creator: user(account.login),
    };
    return { status: 201, body: render("status", shown) };
  },
};

export function addReview(host: Host, issue: Issue, login: string, state: Review["state"]): void {
  const { pull } = issue;
  if (!pull) throw new Error(`Cannot review #${issue.number}: it is no pull request`);
  // GitHub's own rule.
  if (login === issue.author && state !== "COMMENTED")
    throw new Error(`Cannot review #${issue.number}: ${login} opened it`);
  pull.reviews.push({ id: takeId(host.state), login, commit: headOf(host, issue, pull), state });
}

/** GitHub finds an author by the e-mail address; the fake's people are all at one domain. */
function showCommit(host: Host, id: string): unknown {
  const [sha = "", name = "", email = "", ...message] = host.bare
    .git("log", "-1", "--format=%H%n%an%n%ae%n%B", id)
    .split("\n");
  const login = /^([\w-]+)@users\.noreply\.github\.com$/.exec(email)?.[1];
  return render("commit", {
    ...{ sha, author: login === undefined ? null : user(login), committer: null, parents: [] },
    commit: { message: message.join("\n"), author: { name, email }, committer: null },
  });
}

function pathOf(host: Host, { number }: Issue): string {
  return `/repos/${host.owner}/${host.repo}/pulls/${number}`;
}
