/** The payloads of GitHub's events, with the fields that the workflows read. */
import type { FakeGitHub } from "../../github/fake.ts";
import type { Issue } from "../../github/state.ts";

export interface TriggerEvent {
  readonly name:
    | "push"
    | "pull_request"
    | "pull_request_review"
    | "merge_group"
    | "workflow_run"
    | "workflow_dispatch"
    | "schedule";
  readonly ref: string;
  readonly sha: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly isStrangers: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
}

const main = "refs/heads/main";

/** A push to main. */
export function pushed(github: FakeGitHub, before: string): TriggerEvent {
  const sha = headOf(github);
  const payload = { ref: main, before, after: sha, head_commit: { id: sha } };
  return { ...base("push", github), payload: { ...payload, ...repositoryOf(github) } };
}

/** A pull request that was opened, or got commits. A workflow gets its merge commit. */
export function pulled(github: FakeGitHub, issue: Issue, action: string): TriggerEvent {
  const { pull } = issue;
  if (!pull) throw new Error(`Cannot run for #${issue.number}: it is no pull request`);
  const { bare, host } = github;
  const head = bare.git("rev-parse", `refs/pull/${issue.number}/head`);
  const onto = headOf(github);
  const tree = bare.git("merge-tree", "--write-tree", onto, head).split("\n")[0] ?? "";
  const parents = ["-p", onto, "-p", head];
  const sha = bare.git("commit-tree", tree, ...parents, "-m", `Merge ${head} into ${onto}`);
  const ref = `refs/pull/${issue.number}/merge`;
  bare.git("update-ref", ref, sha);
  const payload = {
    ...{ action, number: issue.number },
    pull_request: {
      number: issue.number,
      title: issue.title,
      head: { ref: pull.branch, sha: head, repo: repository(github, pull.owner) },
      base: { ref: pull.base, sha: onto, repo: repository(github, host.owner) },
    },
    ...repositoryOf(github),
  };
  return { name: "pull_request", ref, sha, payload, isStrangers: pull.owner !== host.owner };
}

/** A review that was submitted or dismissed. A workflow gets the merge commit here, too. */
export function reviewed(github: FakeGitHub, issue: Issue): TriggerEvent {
  return { ...pulled(github, issue, "submitted"), name: "pull_request_review" };
}

/** A commit of the merge queue, on a branch of its own. */
export function queued(github: FakeGitHub, base: string, sha: string): TriggerEvent {
  const ref = "refs/heads/gh-readonly-queue/main/pr-1";
  const merge_group = { head_sha: sha, head_ref: ref, base_sha: base, base_ref: main };
  const payload = { action: "checks_requested", merge_group, ...repositoryOf(github) };
  return { name: "merge_group", ref, sha, payload, isStrangers: false };
}

/** A run that has ended. For a run of a fork, GitHub does not name the pull request. */
export function ended(github: FakeGitHub, started: TriggerEvent, run: EndedRun): TriggerEvent {
  const { pull_request: pull } = started.payload as { pull_request?: PullPayload };
  const head = pull?.head ?? {
    ...{ ref: "main", sha: started.sha },
    repo: repository(github, github.host.owner),
  };
  const isOwn = head.repo.owner.login === github.host.owner;
  const workflow_run = {
    ...{ id: run.id, name: run.workflow, event: started.name, conclusion: run.conclusion },
    ...{ status: "completed", run_attempt: 1, html_url: `${github.host.web}/runs/${run.id}` },
    ...{ head_branch: head.ref, head_sha: head.sha, head_repository: head.repo },
    repository: repository(github, github.host.owner),
    pull_requests: pull && isOwn ? [{ number: pull.number, head, base: pull.base }] : [],
  };
  const payload = { action: "completed", workflow_run, ...repositoryOf(github) };
  return { ...base("workflow_run", github), payload };
}

export interface EndedRun {
  readonly id: number;
  readonly workflow: string;
  readonly conclusion: string;
}

interface PullPayload {
  readonly number: number;
  readonly head: { ref: string; sha: string; repo: ReturnType<typeof repository> };
  readonly base: unknown;
}

/** By hand, from main. */
export function dispatched(
  github: FakeGitHub,
  inputs: Readonly<Record<string, unknown>>,
): TriggerEvent {
  const payload = { ref: main, inputs, ...repositoryOf(github) };
  return { ...base("workflow_dispatch", github), payload, inputs };
}

/** By schedule. */
export function scheduled(github: FakeGitHub): TriggerEvent {
  return { ...base("schedule", github), payload: repositoryOf(github) };
}

function base(name: TriggerEvent["name"], github: FakeGitHub) {
  return { name, ref: main, sha: headOf(github), isStrangers: false };
}

function headOf({ bare }: FakeGitHub): string {
  return bare.git("rev-parse", main);
}

function repositoryOf(github: FakeGitHub) {
  const { owner } = github.host;
  return { repository: repository(github, owner), sender: { login: "ada" } };
}

function repository({ host }: FakeGitHub, owner: string) {
  const isFork = owner !== host.owner;
  return {
    id: isFork ? 2 : 1,
    name: host.repo,
    full_name: `${owner}/${host.repo}`,
    owner: { login: owner },
    fork: isFork,
    default_branch: host.defaultBranch,
  };
}
