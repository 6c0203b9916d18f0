import type { OperationId } from "../api/operations.ts";
import { type Answer, invalid, problem } from "../fault.ts";
import type { Comment, Issue, Label } from "../state.ts";
import {
  type Handler,
  type HandlerInput,
  type Host,
  render,
  takeId,
  text,
  timeOf,
  user,
} from "./handler.ts";
import { page } from "./paging.ts";

/** GitHub's own limit, in characters. */
const longest = 65_536;

export const issueHandlers: Partial<Record<OperationId, Handler>> = {
  "issues/create"({ body, account, host }) {
    const { title = "", labels = [] } = body as { title?: string; labels?: unknown[] };
    const wrong = checkText("Issue", title, text(body.body));
    if (wrong) return wrong;
    const issue = newIssue(host, account.login, title, text(body.body));
    issue.labels = labels.map((label) => useLabel(host, label));
    return { status: 201, body: showIssue(host, issue) };
  },

  "issues/get": (input) => withIssue(input, (issue) => answer(input.host, issue)),

  "issues/update": (input) =>
    withIssue(input, (issue) => {
      const { title, body, state, state_reason, labels } = input.body;
      const wrong = checkText("Issue", text(title ?? issue.title), text(body));
      if (wrong) return wrong;
      if (title !== undefined) issue.title = text(title);
      if (body !== undefined) issue.body = text(body);
      if (Array.isArray(labels)) issue.labels = labels.map((label) => useLabel(input.host, label));
      if (state === "open" || state === "closed") setState(input.host, issue, state, state_reason);
      issue.updated_at = timeOf(input.host);
      return answer(input.host, issue);
    }),

  "issues/list-for-repo"({ query, host }) {
    const state = query.get("state") ?? "open";
    const labels = (query.get("labels") ?? "").split(",").filter((name) => name !== "");
    const creator = query.get("creator");
    const found = [...host.state.issues.values()].filter(
      (issue) =>
        (state === "all" || issue.state === state) &&
        (creator === null || issue.author === creator) &&
        labels.every((label) => issue.labels.includes(label)),
    );
    if (query.get("direction") !== "asc") found.reverse();
    const items = found.map((issue) => showIssue(host, issue));
    return page(host, `/repos/${host.owner}/${host.repo}/issues`, query, items);
  },

  "issues/create-comment": (input) =>
    withIssue(input, (issue) => {
      const wrong = checkText("IssueComment", "-", text(input.body.body));
      if (wrong) return wrong;
      const comment = newComment(
        input.host,
        issue.number,
        input.account.login,
        text(input.body.body),
      );
      return { status: 201, body: showComment(input.host, comment) };
    }),

  "issues/list-comments": (input) =>
    withIssue(input, ({ number }) => {
      const { host, query } = input;
      const path = `/repos/${host.owner}/${host.repo}/issues/${number}/comments`;
      const found = [...host.state.comments.values()].filter(({ issue }) => issue === number);
      return page(
        host,
        path,
        query,
        found.map((comment) => showComment(host, comment)),
      );
    }),

  "issues/update-comment": (input) =>
    withComment(input, (comment) => {
      const wrong = checkText("IssueComment", "-", text(input.body.body));
      if (wrong) return wrong;
      comment.body = text(input.body.body);
      comment.updated_at = timeOf(input.host);
      return { status: 200, body: showComment(input.host, comment) };
    }),

  "issues/delete-comment": (input) =>
    withComment(input, ({ id }) => {
      input.host.state.comments.delete(id);
      return { status: 204 };
    }),

  "issues/add-labels": (input) =>
    withIssue(input, (issue) => {
      const added = (input.body.labels as unknown[]).map((label) => useLabel(input.host, label));
      issue.labels = [...new Set([...issue.labels, ...added])];
      const labels = issue.labels.map((name) => input.host.state.labels.get(name));
      return { status: 200, body: labels.map((label) => label && showLabel(label)) };
    }),

  "issues/create-label"({ body, host }) {
    const name = text(body.name);
    if (host.state.labels.has(name)) return invalid("Label", "name", "", "already_exists");
    if (name.length > 50) return invalid("Label", "name", "is too long (maximum is 50 characters)");
    if (text(body.description).length > 100) {
      return invalid("Label", "description", "is too long (maximum is 100 characters)");
    }
    const description = typeof body.description === "string" ? body.description : null;
    const label = {
      id: takeId(host.state),
      name,
      color: text(body.color) || "ededed",
      description,
    };
    host.state.labels.set(name, label);
    return { status: 201, body: showLabel(label) };
  },

  "issues/get-label"({ params, host }) {
    const label = host.state.labels.get(params.name ?? "");
    return label ? { status: 200, body: showLabel(label) } : problem(404, "Not Found");
  },
};

export function newIssue(host: Host, author: string, title: string, body: string): Issue {
  const now = timeOf(host);
  const number = host.state.issues.size + 1;
  const issue: Issue = {
    ...{ number, author, title, body, created_at: now, updated_at: now },
    ...{ state: "open", state_reason: null, labels: [], closed_at: null },
  };
  host.state.issues.set(number, issue);
  return issue;
}

export function newComment(host: Host, issue: number, author: string, body: string): Comment {
  const now = timeOf(host);
  const id = takeId(host.state);
  const comment = { id, issue, author, body, created_at: now, updated_at: now };
  host.state.comments.set(id, comment);
  return comment;
}

export function setState(
  host: Host,
  issue: Issue,
  state: "open" | "closed",
  reason?: unknown,
): void {
  if (issue.state !== state) issue.closed_at = state === "closed" ? timeOf(host) : null;
  issue.state = state;
  issue.state_reason = text(reason) || (state === "closed" ? "completed" : "reopened");
}

/** Creates a label if it does not exist, as GitHub does. */
export function useLabel(host: Host, label: unknown): string {
  const name = typeof label === "string" ? label : text((label as { name: unknown }).name);
  if (!host.state.labels.has(name)) {
    const made = { id: takeId(host.state), name, color: "ededed", description: "" };
    host.state.labels.set(name, made);
  }
  return name;
}

export function showLabels(host: Host, names: readonly string[]): unknown[] {
  return names.map((name) => showLabel(host.state.labels.get(name) as Label));
}

export function urlOf(host: Host, { number, pull }: Issue): string {
  const kind = pull ? "pull" : "issues";
  return `${host.web}/${host.owner}/${host.repo}/${kind}/${number}`;
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

function withIssue(input: HandlerInput, work: (issue: Issue) => Answer): Answer {
  const issue = input.host.state.issues.get(Number(input.params.issue_number));
  return issue ? work(issue) : problem(404, "Not Found");
}

function withComment(input: HandlerInput, work: (comment: Comment) => Answer): Answer {
  const comment = input.host.state.comments.get(Number(input.params.comment_id));
  return comment ? work(comment) : problem(404, "Not Found");
}

function answer(host: Host, issue: Issue): Answer {
  return { status: 200, body: showIssue(host, issue) };
}

function showIssue(host: Host, issue: Issue): unknown {
  const { number, title, body, state, state_reason, created_at, updated_at, closed_at } = issue;
  const api = `${host.api}/repos/${host.owner}/${host.repo}`;
  const comments = [...host.state.comments.values()].filter((one) => one.issue === number).length;
  return render("issue", {
    ...{ id: 10_000 + number, number, title, body, state, state_reason, comments },
    ...{ created_at, updated_at, closed_at, user: user(issue.author) },
    url: `${api}/issues/${number}`,
    html_url: urlOf(host, issue),
    labels: showLabels(host, issue.labels),
    author_association: "NONE",
    ...(issue.pull
      ? { pull_request: { url: `${api}/pulls/${number}`, merged_at: issue.pull.merged_at } }
      : {}),
  });
}

function showComment(host: Host, comment: Comment): unknown {
  const { id, body, issue, created_at, updated_at } = comment;
  const owner = host.state.issues.get(issue);
  const api = `${host.api}/repos/${host.owner}/${host.repo}`;
  return render("issue-comment", {
    ...{ id, body, created_at, updated_at, user: user(comment.author) },
    url: `${api}/issues/comments/${id}`,
    issue_url: `${api}/issues/${issue}`,
    html_url: owner ? `${urlOf(host, owner)}#issuecomment-${id}` : host.web,
    author_association: "NONE",
  });
}

function showLabel({ id, name, color, description }: Label): unknown {
  return render("label", { id, name, color, description });
}
