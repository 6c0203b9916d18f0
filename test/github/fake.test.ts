import { Octokit } from "@octokit/rest";
import { describe, expect, test } from "vitest";
import { testRepository } from "../git/repository.ts";
import { type FakeGitHub, type GitHubOptions, startGitHub } from "./fake.ts";

const flag = (enabled: boolean) => ({ "flags/meals.yaml": `enabled: ${enabled}\n` });

/** A hosted repository with `main`, and a branch `change` that is one commit ahead. */
async function hosted(options: GitHubOptions = {}) {
  const repository = testRepository();
  repository.change(1_700_000_000, flag(false));
  repository.switch("change");
  const head = repository.change(1_700_000_060, flag(true));
  repository.switch("main");
  const github = await startGitHub(repository.clone("--bare"), options);
  return { github, head, rest: clientOf(github) };
}

const here = { owner: "mealtrack", repo: "flags" };

/** Octokit without plugins, so it tries once. */
function clientOf(github: FakeGitHub, token = github.token) {
  return new Octokit({
    auth: token,
    baseUrl: github.apiUrl,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
}

const change = { ...here, title: "Turn meals on", head: "change", base: "main" };

describe.concurrent("a GitHub for tests", () => {
  test("merges a pull request by a real commit, which belongs to the pull request", async () => {
    const { github, head, rest } = await hosted();
    const { data: pull } = await rest.pulls.create({ ...change, body: "Because" });
    expect(pull).toMatchObject({ number: 1, state: "open", head: { sha: head }, merged: false });
    const commit = github.merge(1);
    expect(github.bare.git("rev-parse", "main^2")).toBe(head);
    expect(github.bare.git("show", "main:flags/meals.yaml")).toBe("enabled: true");
    const { data: merged } = await rest.pulls.get({ ...here, pull_number: 1 });
    expect(merged).toMatchObject({ state: "closed", merged: true, merge_commit_sha: commit });
    for (const commit_sha of [commit, head]) {
      const found = await rest.repos.listPullRequestsAssociatedWithCommit({ ...here, commit_sha });
      expect(found.data.map(({ number }) => number)).toEqual([1]);
    }
  });

  test("refuses a second pull request, a missing branch, and one that changes nothing", async () => {
    const { rest } = await hosted();
    await rest.pulls.create(change);
    const already = "A pull request already exists for mealtrack:change.";
    await expect(rest.pulls.create(change)).rejects.toThrow(already);
    await expect(rest.pulls.create({ ...change, head: "none" })).rejects.toThrow(/"head"/);
    await expect(rest.pulls.create({ ...change, base: "none" })).rejects.toThrow(/"base"/);
    await expect(rest.pulls.create({ ...change, head: "main" })).rejects.toThrow("No commits");
  });

  test("finds a pull request by the owner and name of its branch only", async () => {
    const { github, rest, head } = await hosted();
    await rest.pulls.create(change);
    github.openPull({ owner: "eve", branch: "change", sha: head });
    const heads = ["mealtrack:change", "eve:change", "nobody:change"];
    const found = await Promise.all(heads.map((of) => rest.pulls.list({ ...here, head: of })));
    expect(found.map(({ data }) => data.map(({ number }) => number))).toEqual([[1], [2], []]);
  });

  test("keeps issues, labels and comments, and gives them page by page", async () => {
    const { rest } = await hosted({ pageSize: 2 });
    for (const title of ["one", "two", "three", "four", "five"]) {
      await rest.issues.create({ ...here, title, labels: ["stale"] });
    }
    await rest.issues.update({
      ...here,
      issue_number: 2,
      state: "closed",
      state_reason: "not_planned",
    });
    const open = await rest.paginate(rest.issues.listForRepo, { ...here, labels: "stale" });
    expect(open.map(({ title }) => title)).toEqual(["five", "four", "three", "one"]);
    const all = await rest.paginate(rest.issues.listForRepo, { ...here, state: "all" });
    expect(all.find(({ number }) => number === 2)).toMatchObject({ state_reason: "not_planned" });
    const { data: comment } = await rest.issues.createComment({
      ...here,
      issue_number: 1,
      body: "a",
    });
    await rest.issues.updateComment({ ...here, comment_id: comment.id, body: "b" });
    const { data: comments } = await rest.issues.listComments({ ...here, issue_number: 1 });
    expect(comments).toMatchObject([
      { body: "b", user: { login: "github-actions[bot]", type: "Bot" } },
    ]);
  });

  test("keeps refs, and deletes a file on a branch if it is the one that was read", async () => {
    const { github, rest } = await hosted();
    const sha = github.bare.git("rev-parse", "main");
    await rest.git.createRef({ ...here, ref: "refs/heads/bunting/remove", sha });
    await expect(
      rest.git.createRef({ ...here, ref: "refs/heads/bunting/remove", sha }),
    ).rejects.toThrow("Reference already exists");
    const blob = github.bare.git("rev-parse", "main:flags/meals.yaml");
    const gone = { ...here, path: "flags/meals.yaml", message: "Remove", branch: "bunting/remove" };
    await expect(rest.repos.deleteFile({ ...gone, sha })).rejects.toMatchObject({ status: 409 });
    const { data } = await rest.repos.deleteFile({ ...gone, sha: blob });
    const { data: ref } = await rest.git.getRef({ ...here, ref: "heads/bunting/remove" });
    expect(ref.object.sha).toBe(data.commit.sha);
    expect(github.bare.git("ls-tree", "-r", "--name-only", "bunting/remove")).toBe("");
    await rest.git.deleteRef({ ...here, ref: "heads/bunting/remove" });
    await expect(rest.git.getRef({ ...here, ref: "heads/bunting/remove" })).rejects.toMatchObject({
      status: 404,
    });
  });

  test("keeps deployments, of which the last successful one is active", async () => {
    const { github, rest } = await hosted();
    const ids: number[] = [];
    for (const ref of ["main", "change"]) {
      const made = await rest.repos.createDeployment({ ...here, ref, required_contexts: [] });
      const deployment_id = (made.data as { id: number }).id;
      ids.push(deployment_id);
      await rest.repos.createDeploymentStatus({ ...here, deployment_id, state: "success" });
    }
    const states = [...github.state.deployments.values()].map(
      ({ statuses }) => statuses.at(-1)?.state,
    );
    expect(states).toEqual(["inactive", "success"]);
    const { data } = await rest.repos.listDeployments({ ...here, environment: "production" });
    expect(data.map(({ id }) => id)).toEqual(ids.reverse());
  });

  test("identifies the account of a token, and checks its permissions", async () => {
    const { github, rest } = await hosted();
    await expect(rest.users.getAuthenticated()).rejects.toMatchObject({ status: 403 });
    const { data: me } = await clientOf(
      github,
      github.issueToken({ login: "ada" }),
    ).users.getAuthenticated();
    expect(me.login).toBe("ada");
    const read = {
      login: "fork[bot]",
      permissions: { pull_requests: "read", contents: "read" },
    } as const;
    const fork = clientOf(github, github.issueToken(read));
    await fork.pulls.list(here);
    await expect(fork.pulls.create(change)).rejects.toMatchObject({
      status: 403,
      response: { headers: { "x-accepted-github-permissions": "pull_requests=write" } },
    });
    await expect(clientOf(github, "ghp_wrong").pulls.list(here)).rejects.toMatchObject({
      status: 401,
    });
    await expect(rest.pulls.list({ ...here, repo: "other" })).rejects.toMatchObject({
      status: 404,
    });
  });

  test.each([
    ["bad-token", 401],
    ["forbidden", 403],
    ["not-found", 404],
    ["stale-sha", 409],
    ["secondary-limit", 403],
    ["secondary-limit-429", 429],
    ["primary-limit", 403],
    ["bad-gateway", 502],
  ] as const)("fails on demand, as %s", async (kind, status) => {
    const { github, rest } = await hosted();
    github.fault({ kind, on: "pulls/list" });
    await rest.issues.listForRepo(here);
    await expect(rest.pulls.list(here)).rejects.toMatchObject({ status });
    await rest.pulls.list(here);
  });

  test("executes the request and loses the response, on demand", async () => {
    const { github, rest } = await hosted();
    for (const kind of ["drop-after", "bad-gateway-after", "drop"] as const) {
      github.fault({ kind, on: "issues/create" });
      await expect(rest.issues.create({ ...here, title: kind })).rejects.toThrow();
    }
    const titles = [...github.state.issues.values()].map(({ title }) => title);
    expect(titles).toEqual(["drop-after", "bad-gateway-after"]);
  });
});

// Sequentially, because violations are recorded for all tests together.
describe("a GitHub for tests that is checked against the description", () => {
  describe.each([
    ["a body without what it needs", "POST /repos/{owner}/{repo}/issues", { body: "b" }],
    ["a field that there is not", "POST /repos/{owner}/{repo}/issues", { title: "a", label: "b" }],
    ["a value of another type", "POST /repos/{owner}/{repo}/issues", { title: "a", labels: "b" }],
    ["a query that there is not", "GET /repos/{owner}/{repo}/issues", { status: "open" }],
    ["a value that is none of those", "GET /repos/{owner}/{repo}/issues", { state: "new" }],
    [
      "a number that is none",
      "GET /repos/{owner}/{repo}/issues/{issue_number}",
      { issue_number: "x" },
    ],
    ["an operation that there is not", "GET /repos/{owner}/{repo}/issues/1/nothing", {}],
  ])("refuses", (what, route, parameters) => {
    test(what, async () => {
      const { github, rest } = await hosted();
      await expect(rest.request(route, { ...here, ...parameters })).rejects.toMatchObject({
        status: 422,
      });
      expect(github.takeViolations()).toHaveLength(1);
    });
  });

  test("reports its own responses that do not match GitHub's description", async () => {
    const { github, rest } = await hosted();
    const wrong = { id: "1" as unknown as number, name: "a", color: "b", description: null };
    github.state.labels.set("a", wrong);
    await rest.issues.getLabel({ ...here, name: "a" });
    expect(github.takeViolations().join("\n")).toMatch(
      /issues\/get-label: answer 200 \/id must be integer/,
    );
  });
});
