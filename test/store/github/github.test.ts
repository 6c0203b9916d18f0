import { describe, expect, test } from "vitest";
import { GitHubError } from "../../../store/github/error.ts";
import { GitHub } from "../../../store/github/github.ts";
import { once } from "../../../store/github/once.ts";
import { readGitHubOptions } from "../../../store/github/options.ts";
import { testRepository } from "../../git/repository.ts";
import { type FakeGitHub, type GitHubOptions, startGitHub } from "../../github/fake.ts";
import type { Fault } from "../../github/fault.ts";

async function hosted(options: GitHubOptions = {}) {
  const repository = testRepository();
  repository.change(1_700_000_000, { "flags/meals.yaml": "enabled: true\n" });
  const github = await startGitHub(repository.clone("--bare"), options);
  return { github, ...clientOf(github) };
}

function clientOf(github: FakeGitHub, env: Record<string, string> = {}, maxWaitSeconds = 5) {
  const notes: string[] = [];
  const options = readGitHubOptions({ ...github.env, ...env }, { maxWaitSeconds });
  return { client: new GitHub(options, (note) => notes.push(note)), notes };
}

function readIssues(client: GitHub) {
  return client.do("read the issues", (rest, here) => rest.issues.listForRepo(here));
}

/** Labels, because the client leaves three seconds between two issues. */
function makeLabel(client: GitHub, name = "one") {
  return client.do("make a label", (rest, here) => rest.issues.createLabel({ ...here, name }));
}

const times = (github: FakeGitHub, operation: string) =>
  github.requests.filter((request) => request.operation === operation).length;

describe("readGitHubOptions()", () => {
  const good = { GITHUB_TOKEN: "ghs_a", GITHUB_REPOSITORY: "mealtrack/flags" };

  test("reads GitHub's own variables", () => {
    expect(readGitHubOptions(good)).toEqual({
      ...{ token: "ghs_a", owner: "mealtrack", repo: "flags", maxWaitSeconds: 300 },
      ...{ apiUrl: "https://api.github.com", login: "github-actions[bot]" },
    });
    const enterprise = { ...good, GITHUB_API_URL: "https://git.example/api/v3/" };
    expect(readGitHubOptions(enterprise).apiUrl).toBe("https://git.example/api/v3");
    expect(readGitHubOptions({ ...good, BUNTING_LOGIN: "flags[bot]" }).login).toBe("flags[bot]");
  });

  test.each([
    [{ GITHUB_TOKEN: "" }, "Cannot use GITHUB_TOKEN: it is not set"],
    [{ GITHUB_TOKEN: "gh s" }, "Cannot use GITHUB_TOKEN: it has characters that no token has"],
    [{ GITHUB_TOKEN: "secret\nX-A: b" }, "it has characters that no token has"],
    [{ GITHUB_REPOSITORY: "" }, 'Cannot use GITHUB_REPOSITORY "": wanted OWNER/REPOSITORY'],
    [{ GITHUB_REPOSITORY: "a/b/c" }, 'GITHUB_REPOSITORY "a/b/c"'],
    [{ GITHUB_REPOSITORY: "../b" }, 'GITHUB_REPOSITORY "../b"'],
    [{ GITHUB_API_URL: "file:///etc" }, 'Cannot use GITHUB_API_URL "file:///etc"'],
    [{ GITHUB_API_URL: "nothing" }, 'Cannot use GITHUB_API_URL "nothing"'],
  ])("refuses %j", (wrong, message) => {
    const read = () => readGitHubOptions({ ...good, ...wrong });
    expect(read).toThrow(message);
    expect(read).not.toThrow("secret");
  });
});

describe.concurrent("GitHub", () => {
  test.each([
    [{ kind: "bad-gateway", times: 2 }, 3],
    [{ kind: "drop", times: 1 }, 2],
    [{ kind: "slow", times: 1 }, 1],
    [{ kind: "secondary-limit", retryAfter: 1 }, 2],
    [{ kind: "secondary-limit-429", retryAfter: 1 }, 2],
    [{ kind: "primary-limit", retryAfter: 1 }, 2],
  ] as [Fault, number][])("retries a read after %j", async (fault, requests) => {
    const { github, client } = await hosted();
    github.fault({ ...fault, on: "issues/list-for-repo" });
    expect(await readIssues(client)).toEqual([]);
    expect(times(github, "issues/list-for-repo")).toBe(requests);
  });

  test("waits as long as GitHub requests, and notes it", async () => {
    const { github, client, notes } = await hosted();
    github.fault({ kind: "secondary-limit", retryAfter: 2 });
    const started = Date.now();
    await makeLabel(client);
    expect(Date.now() - started).toBeGreaterThan(1_900);
    expect(notes).toEqual(["GitHub asks to wait 2 s (secondary rate limit): waiting"]);
    expect(github.state.labels.size).toBe(1);
  });

  test("fails if GitHub requests a longer wait than is allowed", async () => {
    const { github, client, notes } = await hosted();
    github.fault({ kind: "secondary-limit", retryAfter: 3_600 });
    await expect(makeLabel(client)).rejects.toThrow(
      'Cannot make a label in "mealtrack/flags": found 403 "You have exceeded a secondary rate limit. Please wait a few minutes", wanted success; try again later',
    );
    expect(notes).toEqual(["GitHub asks to wait 3600 s (secondary rate limit): giving up"]);
  });

  test("fails if a rate limit or a failure does not end", async () => {
    const { github, client } = await hosted();
    github.fault({ kind: "secondary-limit", times: 100, retryAfter: 1 });
    await expect(makeLabel(client)).rejects.toMatchObject({ status: 403 });
    expect(times(github, "issues/create-label")).toBe(4);
  });

  test.each([
    [
      "bad-token",
      'found 401 "Bad credentials", wanted success; GITHUB_TOKEN is wrong or has expired',
    ],
    [
      "forbidden",
      'found 403 "Resource not accessible by integration", wanted success; GITHUB_TOKEN lacks a permission',
    ],
    [
      "not-found",
      'found 404 "Not Found", wanted success; there is none, or GITHUB_TOKEN may not see it',
    ],
  ] as const)("explains %s once", async (kind, words) => {
    const { github, client } = await hosted();
    github.fault({ kind, times: 100 });
    const failed = readIssues(client);
    await expect(failed).rejects.toThrow(`Cannot read the issues in "mealtrack/flags": ${words}`);
    await expect(failed).rejects.toBeInstanceOf(GitHubError);
    expect(github.requests.length).toBe(1);
  });

  test("names the missing permission, and never the token", async () => {
    const { github } = await hosted();
    const token = github.issueToken({ login: "fork[bot]", permissions: { issues: "read" } });
    const error = await makeLabel(clientOf(github, { GITHUB_TOKEN: token }).client).catch((e) => e);
    expect(error.message).toContain("GITHUB_TOKEN needs issues=write; pull_requests=write");
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(token);
  });

  test("has GitHub's reason in the error", async () => {
    const { client } = await hosted();
    const words = 'found 422 "Validation Failed: is too long (maximum is 50 characters)"';
    await expect(makeLabel(client, "x".repeat(51))).rejects.toThrow(words);
  });

  test("reads every page of a list, and stops with the caller", async () => {
    const { github, client } = await hosted({ pageSize: 2 });
    for (const title of ["a", "b", "c", "d", "e"]) github.openIssue("ada", title);
    const titles = () =>
      client.list("read the issues", ({ paginate, rest }, where) =>
        paginate.iterator(rest.issues.listForRepo, where),
      );
    const all: string[] = [];
    for await (const { title } of titles()) all.push(title);
    expect(all).toEqual(["e", "d", "c", "b", "a"]);
    expect(github.requests.length).toBe(3);
    for await (const { title } of titles()) if (title === "d") break;
    expect(github.requests.length).toBe(4);
  });

  test.each([
    ["stale-sha", 409],
    ["forbidden", 403],
    ["not-found", 404],
  ] as const)("never takes a list that %s cut off for the whole", async (kind, status) => {
    const { github, client } = await hosted({ pageSize: 2 });
    for (const title of ["a", "b", "c"]) github.openIssue("ada", title);
    const issues = client.list("read the issues", ({ paginate, rest }, where) =>
      paginate.iterator(rest.issues.listForRepo, where),
    );
    for (const title of ["c", "b"])
      expect(await issues.next()).toMatchObject({ done: false, value: { title } });
    github.fault({ kind });
    await expect(issues.next()).rejects.toMatchObject({ name: "GitHubError", status });
  });

  test("knows its account, also with a token that may not read it", async () => {
    const { github, client } = await hosted();
    expect(await client.login()).toBe("github-actions[bot]");
    const token = github.issueToken({ login: "ada" });
    expect(await clientOf(github, { GITHUB_TOKEN: token }).client.login()).toBe("ada");
    expect(await clientOf(github, { BUNTING_LOGIN: "my-app[bot]" }).client.login()).toBe(
      "my-app[bot]",
    );
    github.fault({ kind: "bad-token" });
    await expect(clientOf(github).client.login()).rejects.toMatchObject({ status: 401 });
  });
});

describe.concurrent("once()", () => {
  const only = (client: GitHub) =>
    once(
      () =>
        client
          .do("read a label", (rest, here) => rest.issues.getLabel({ ...here, name: "one" }))
          .catch((error: GitHubError) => {
            if (error.status === 404) return undefined;
            throw error;
          }),
      () => makeLabel(client),
    );

  test.each(["drop", "drop-after", "bad-gateway", "bad-gateway-after"] as const)(
    "creates one item in spite of %s",
    async (kind) => {
      const { github, client } = await hosted();
      github.fault({ kind, on: "issues/create-label" });
      const { item, isNew } = await only(client);
      expect([item.name, isNew]).toEqual(["one", true]);
      expect(await only(client)).toMatchObject({ item: { name: "one" }, isNew: false });
      expect(github.state.labels.size).toBe(1);
    },
  );

  test("does not retry a refused call", async () => {
    const { github, client } = await hosted();
    github.fault({ kind: "forbidden", on: "issues/create-label", times: 9 });
    await expect(only(client)).rejects.toMatchObject({ status: 403 });
    expect(times(github, "issues/create-label")).toBe(1);
  });
});
