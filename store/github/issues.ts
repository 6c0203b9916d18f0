import { ignoreStatus } from "./error.ts";
import type { GitHub } from "./github.ts";
import { once } from "./once.ts";

export interface Issue {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly body: string;
  readonly state: "open" | "closed";
  /** Why it is closed: `completed`, `not_planned`, `duplicate`; `""` if it is open. */
  readonly reason: string;
  readonly isPull: boolean;
}

/** The label of all issues and pull requests of one kind. */
export interface Label {
  readonly name: string;
  readonly color: string;
  readonly description: string;
}

/** The content of an issue that exists at most once. */
export interface IssueContent {
  readonly marker: string;
  readonly label: Label;
  readonly title: string;
  /** Begins with `marker`. */
  readonly body: string;
}

/**
 * Our issues and pull requests with a label, oldest first. Only those that our account opened count:
 * otherwise anybody could suppress an issue with a forged marker.
 */
export async function findOwnIssues(
  github: GitHub,
  label: string,
  state: "open" | "all",
): Promise<Issue[]> {
  const login = await github.login();
  const found: Issue[] = [];
  const issues = github.list(`read the issues labelled "${label}"`, ({ paginate, rest }, where) =>
    paginate.iterator(rest.issues.listForRepo, { ...where, labels: label, state }),
  );
  for await (const issue of issues) if (issue.user?.login === login) found.push(issueOf(issue));
  return found.sort((a, b) => a.number - b.number);
}

/** Creates or updates the open issue with the marker. If two runs create it at once, one is closed. */
export async function keepIssue(
  github: GitHub,
  content: IssueContent,
): Promise<{ readonly issue: Issue; readonly action: "opened" | "updated" | "unchanged" }> {
  const { marker, label, title, body } = content;
  const find = async () =>
    (await findOwnIssues(github, label.name, "open")).filter(
      (issue) => !issue.isPull && issue.body.startsWith(marker),
    );
  const { item, isNew } = await once(
    async () => (await find())[0],
    () => openIssue(github, content),
  );
  const issue = isNew ? await removeDuplicates(github, item, await find()) : item;
  if (issue.title === title && issue.body.trim() === body.trim()) {
    return { issue, action: isNew ? "opened" : "unchanged" };
  }
  const updated = await updateIssue(github, issue.number, { title, body });
  return { issue: updated, action: "updated" };
}

/** Adds a comment and closes the issue. */
export async function closeIssue(github: GitHub, number: number, comment: string): Promise<void> {
  await github.do(`comment on #${number}`, (rest, here) =>
    rest.issues.createComment({ ...here, issue_number: number, body: comment }),
  );
  await updateIssue(github, number, { state: "closed", state_reason: "completed" });
}

export async function ensureLabel(github: GitHub, label: Label): Promise<void> {
  const find = () =>
    github.do(`find the label "${label.name}"`, (rest, here) =>
      rest.issues.getLabel({ ...here, name: label.name }),
    );
  const create = () =>
    github.do(`create the label "${label.name}"`, (rest, here) =>
      rest.issues.createLabel({ ...here, ...label }),
    );
  // 422: another run has just created it.
  await ignoreStatus(422, () => once(() => ignoreStatus(404, find), create));
}

async function openIssue(github: GitHub, { label, title, body }: IssueContent): Promise<Issue> {
  await ensureLabel(github, label);
  const issue = await github.do("open an issue", (rest, here) =>
    rest.issues.create({ ...here, title, body, labels: [label.name] }),
  );
  return issueOf(issue);
}

/** Closes all but the oldest issue as duplicates; other runs opened them at the same time. */
async function removeDuplicates(
  github: GitHub,
  made: Issue,
  all: readonly Issue[],
): Promise<Issue> {
  const [oldest = made, ...others] = all;
  for (const { number } of others) {
    const body = `The same as #${oldest.number}, opened at the same time.`;
    const closed = { state: "closed", state_reason: "duplicate", body } as const;
    await updateIssue(github, number, closed);
  }
  return oldest;
}

interface IssueChange {
  readonly title?: string;
  readonly body?: string;
  readonly state?: "open" | "closed";
  readonly state_reason?: "completed" | "not_planned" | "duplicate" | "reopened";
}

async function updateIssue(github: GitHub, number: number, change: IssueChange): Promise<Issue> {
  const issue = await github.do(`update #${number}`, (rest, here) =>
    rest.issues.update({ ...here, issue_number: number, ...change }),
  );
  return issueOf(issue);
}

function issueOf(issue: {
  readonly number: number;
  readonly html_url: string;
  readonly title: string;
  readonly body?: string | null | undefined;
  readonly state: string;
  readonly state_reason?: string | null | undefined;
  readonly pull_request?: unknown;
}): Issue {
  const { number, html_url: url, title, body, state, state_reason, pull_request } = issue;
  return {
    ...{ number, url, title, state: state === "open" ? "open" : "closed" },
    body: (body ?? "").replaceAll("\r\n", "\n"),
    reason: state === "open" ? "" : (state_reason ?? ""),
    isPull: pull_request !== undefined,
  };
}
