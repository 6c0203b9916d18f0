import type { OperationId } from "../api/operations.ts";
import { type Answer, invalid, problem } from "../fault.ts";
import type { Comment, Issue, Label } from "../state.ts";
import { page } from "./paging.ts";
import { type Ask, type Handler, render, takeId, text, timeOf, user, type World } from "./world.ts";

/** GitHub's own limit, in characters. */
const longest = 65_536;

export const issueHandlers: Partial<Record<OperationId, Handler>> = {
  "issues/create"({ body, account, world }) {
    const { title = "", labels = [] } = body as { title?: string; labels?: unknown[] };
    const wrong = checkText("Issue", title, text(body.body));
    if (wrong) return wrong;
    const issue = newIssue(world, account.login, title, text(body.body));
    issue.labels = labels.map((label) => useLabel(world, label));
    return { status: 201, body: showIssue(world, issue) };
  },

  "issues/get": (ask) => withIssue(ask, (issue) => answer(ask.world, issue)),

  "issues/update": (ask) =>
    withIssue(ask, (issue) => {
      const { title, body, state, state_reason, labels } = ask.body;
      const wrong = checkText("Issue", text(title ?? issue.title), text(body));
      if (wrong) return wrong;
      if (title !== undefined) issue.title = text(title);
      if (body !== undefined) issue.body = text(body);
      if (Array.isArray(labels)) issue.labels = labels.map((label) => useLabel(ask.world, label));
      if (state === "open" || state === "closed") setState(ask.world, issue, state, state_reason);
      issue.updated_at = timeOf(ask.world);
      return answer(ask.world, issue);
    }),

  "issues/list-for-repo"({ query, world }) {
    const state = query.get("state") ?? "open";
    const labels = (query.get("labels") ?? "").split(",").filter((name) => name !== "");
    const creator = query.get("creator");
    const found = [...world.state.issues.values()].filter(
      (issue) =>
        (state === "all" || issue.state === state) &&
        (creator === null || issue.author === creator) &&
        labels.every((label) => issue.labels.includes(label)),
    );
    if (query.get("direction") !== "asc") found.reverse();
    const items = found.map((issue) => showIssue(world, issue));
    return page(world, `/repos/${world.owner}/${world.repo}/issues`, query, items);
  },

  "issues/create-comment": (ask) =>
    withIssue(ask, (issue) => {
      const wrong = checkText("IssueComment", "-", text(ask.body.body));
      if (wrong) return wrong;
      const comment = newComment(ask.world, issue.number, ask.account.login, text(ask.body.body));
      return { status: 201, body: showComment(ask.world, comment) };
    }),

  "issues/list-comments": (ask) =>
    withIssue(ask, ({ number }) => {
      const { world, query } = ask;
      const path = `/repos/${world.owner}/${world.repo}/issues/${number}/comments`;
      const found = [...world.state.comments.values()].filter(({ issue }) => issue === number);
      return page(
        world,
        path,
        query,
        found.map((comment) => showComment(world, comment)),
      );
    }),

  "issues/update-comment": (ask) =>
    withComment(ask, (comment) => {
      const wrong = checkText("IssueComment", "-", text(ask.body.body));
      if (wrong) return wrong;
      comment.body = text(ask.body.body);
      comment.updated_at = timeOf(ask.world);
      return { status: 200, body: showComment(ask.world, comment) };
    }),

  "issues/delete-comment": (ask) =>
    withComment(ask, ({ id }) => {
      ask.world.state.comments.delete(id);
      return { status: 204 };
    }),

  "issues/add-labels": (ask) =>
    withIssue(ask, (issue) => {
      const added = (ask.body.labels as unknown[]).map((label) => useLabel(ask.world, label));
      issue.labels = [...new Set([...issue.labels, ...added])];
      const labels = issue.labels.map((name) => ask.world.state.labels.get(name));
      return { status: 200, body: labels.map((label) => label && showLabel(label)) };
    }),

  "issues/create-label"({ body, world }) {
    const name = text(body.name);
    if (world.state.labels.has(name)) return invalid("Label", "name", "", "already_exists");
    if (name.length > 50) return invalid("Label", "name", "is too long (maximum is 50 characters)");
    if (text(body.description).length > 100) {
      return invalid("Label", "description", "is too long (maximum is 100 characters)");
    }
    const description = typeof body.description === "string" ? body.description : null;
    const label = {
      id: takeId(world.state),
      name,
      color: text(body.color) || "ededed",
      description,
    };
    world.state.labels.set(name, label);
    return { status: 201, body: showLabel(label) };
  },

  "issues/get-label"({ params, world }) {
    const label = world.state.labels.get(params.name ?? "");
    return label ? { status: 200, body: showLabel(label) } : problem(404, "Not Found");
  },
};

export function newIssue(world: World, author: string, title: string, body: string): Issue {
  const now = timeOf(world);
  const number = world.state.issues.size + 1;
  const issue: Issue = {
    ...{ number, author, title, body, created_at: now, updated_at: now },
    ...{ state: "open", state_reason: null, labels: [], closed_at: null },
  };
  world.state.issues.set(number, issue);
  return issue;
}

export function newComment(world: World, issue: number, author: string, body: string): Comment {
  const now = timeOf(world);
  const id = takeId(world.state);
  const comment = { id, issue, author, body, created_at: now, updated_at: now };
  world.state.comments.set(id, comment);
  return comment;
}

export function setState(
  world: World,
  issue: Issue,
  state: "open" | "closed",
  reason?: unknown,
): void {
  if (issue.state !== state) issue.closed_at = state === "closed" ? timeOf(world) : null;
  issue.state = state;
  issue.state_reason = text(reason) || (state === "closed" ? "completed" : "reopened");
}

/** Creates a label if it does not exist, as GitHub does. */
export function useLabel(world: World, label: unknown): string {
  const name = typeof label === "string" ? label : text((label as { name: unknown }).name);
  if (!world.state.labels.has(name)) {
    const made = { id: takeId(world.state), name, color: "ededed", description: "" };
    world.state.labels.set(name, made);
  }
  return name;
}

export function showLabels(world: World, names: readonly string[]): unknown[] {
  return names.map((name) => showLabel(world.state.labels.get(name) as Label));
}

export function urlOf(world: World, { number, pull }: Issue): string {
  const kind = pull ? "pull" : "issues";
  return `${world.web}/${world.owner}/${world.repo}/${kind}/${number}`;
}

/** GitHub refuses missing texts, too long ones, and NUL. */
export function checkText(resource: string, title: string, body: string): Answer | undefined {
  if (title.trim() === "") return invalid(resource, "title", "can't be blank", "missing_field");
  if (title.length > 256)
    return invalid(resource, "title", "is too long (maximum is 256 characters)");
  if (body.length > longest || Buffer.byteLength(body) > 4 * longest) {
    return invalid(resource, "body", `is too long (maximum is ${longest} characters)`);
  }
  return resource === "IssueComment" && body.trim() === ""
    ? invalid(resource, "body", "Body cannot be blank", "unprocessable")
    : undefined;
}

function withIssue(ask: Ask, work: (issue: Issue) => Answer): Answer {
  const issue = ask.world.state.issues.get(Number(ask.params.issue_number));
  return issue ? work(issue) : problem(404, "Not Found");
}

function withComment(ask: Ask, work: (comment: Comment) => Answer): Answer {
  const comment = ask.world.state.comments.get(Number(ask.params.comment_id));
  return comment ? work(comment) : problem(404, "Not Found");
}

function answer(world: World, issue: Issue): Answer {
  return { status: 200, body: showIssue(world, issue) };
}

function showIssue(world: World, issue: Issue): unknown {
  const { number, title, body, state, state_reason, created_at, updated_at, closed_at } = issue;
  const api = `${world.api}/repos/${world.owner}/${world.repo}`;
  const comments = [...world.state.comments.values()].filter((one) => one.issue === number).length;
  return render("issue", {
    ...{ id: 10_000 + number, number, title, body, state, state_reason, comments },
    ...{ created_at, updated_at, closed_at, user: user(issue.author) },
    url: `${api}/issues/${number}`,
    html_url: urlOf(world, issue),
    labels: showLabels(world, issue.labels),
    author_association: "NONE",
    ...(issue.pull
      ? { pull_request: { url: `${api}/pulls/${number}`, merged_at: issue.pull.merged_at } }
      : {}),
  });
}

function showComment(world: World, comment: Comment): unknown {
  const { id, body, issue, created_at, updated_at } = comment;
  const owner = world.state.issues.get(issue);
  const api = `${world.api}/repos/${world.owner}/${world.repo}`;
  return render("issue-comment", {
    ...{ id, body, created_at, updated_at, user: user(comment.author) },
    url: `${api}/issues/comments/${id}`,
    issue_url: `${api}/issues/${issue}`,
    html_url: owner ? `${urlOf(world, owner)}#issuecomment-${id}` : world.web,
    author_association: "NONE",
  });
}

function showLabel({ id, name, color, description }: Label): unknown {
  return render("label", { id, name, color, description });
}
