/** Reviews, pushes, permissions, and commit statuses. */
import type { OperationId } from "../api/operations.ts";
import { problem } from "../fault.ts";
import type { Issue, Review } from "../state.ts";
import { branchHead, resolve } from "./bare.ts";
import { page } from "./paging.ts";
import { headOf, withPull } from "./pulls.ts";
import { type Handler, render, takeId, text, timeOf, user, type World } from "./world.ts";

export const reviewHandlers: Partial<Record<OperationId, Handler>> = {
  "pulls/list-commits": (ask) =>
    withPull(ask, (issue, pull) => {
      const { world, query } = ask;
      const base = branchHead(world.bare, pull.base);
      const range = `${base}..${headOf(world, issue, pull)}`;
      const ids = world.bare.git("rev-list", "--reverse", range).split("\n");
      const items = ids.filter((id) => id !== "").map((id) => showCommit(world, id));
      return page(world, `${pathOf(world, issue)}/commits`, query, items);
    }),

  "pulls/list-reviews": (ask) =>
    withPull(ask, (issue, pull) => {
      const { world, query } = ask;
      const items = pull.reviews.map(({ id, login, commit, state }) =>
        render("pull-request-review", { id, user: user(login), state, commit_id: commit }),
      );
      return page(world, `${pathOf(world, issue)}/reviews`, query, items);
    }),

  "repos/list-activities"({ query, world }) {
    const branch = (query.get("ref") ?? "").replace("refs/heads/", "");
    const pushes = world.state.pushes.filter((push) => push.branch === branch).reverse();
    const body = pushes.map(({ login, commit }) =>
      render("activity", {
        ...{ ref: `refs/heads/${branch}`, after: commit, activity_type: "push" },
        actor: user(login),
      }),
    );
    return { status: 200, body: body.slice(0, Number(query.get("per_page") ?? 30)) };
  },

  "repos/get-collaborator-permission-level"({ params, world }) {
    const permission = world.state.permissions.get(params.username ?? "") ?? "write";
    const body = { permission, role_name: permission, user: null };
    return { status: 200, body: render("repository-collaborator-permission", body) };
  },

  "repos/create-commit-status"({ params, body, world, account }) {
    const commit = resolve(world.bare, params.sha ?? "");
    if (commit === undefined) return problem(422, `No commit found for SHA: ${params.sha}`);
    const description = text(body.description);
    // GitHub's limit.
    if (description.length > 140) return problem(422, "description is too long");
    const [context, state] = [text(body.context) || "default", text(body.state)];
    const target_url = text(body.target_url);
    world.state.statuses.push({ commit, context, state, description, target_url });
    const times = { created_at: timeOf(world), updated_at: timeOf(world) };
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

export function addReview(world: World, issue: Issue, login: string, state: Review["state"]): void {
  const { pull } = issue;
  if (!pull) throw new Error(`Cannot review #${issue.number}: it is no pull request`);
  // GitHub's own rule.
  if (login === issue.author && state !== "COMMENTED")
    throw new Error(`Cannot review #${issue.number}: ${login} opened it`);
  pull.reviews.push({ id: takeId(world.state), login, commit: headOf(world, issue, pull), state });
}

/** GitHub finds an author by the e-mail address; the fake's people are all at one domain. */
function showCommit(world: World, id: string): unknown {
  const [sha = "", name = "", email = "", ...message] = world.bare
    .git("log", "-1", "--format=%H%n%an%n%ae%n%B", id)
    .split("\n");
  const login = /^([\w-]+)@users\.noreply\.github\.com$/.exec(email)?.[1];
  return render("commit", {
    ...{ sha, author: login === undefined ? null : user(login), committer: null, parents: [] },
    commit: { message: message.join("\n"), author: { name, email }, committer: null },
  });
}

function pathOf(world: World, { number }: Issue): string {
  return `/repos/${world.owner}/${world.repo}/pulls/${number}`;
}
