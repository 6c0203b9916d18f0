/**
 * Writes that take effect in a protected environment: each becomes a pull request, and takes effect when
 * that is merged.
 */
import { describe, expect, test } from "vitest";
import type { OperationId } from "../../../github/api/operations.ts";
import type { FakeGitHub } from "../../../github/fake.ts";
import type { Issue } from "../../../github/state.ts";
import { startService, until } from "../../setup/api.ts";
import {
  close,
  file,
  list,
  meal,
  type ProtectedServers,
  policy,
  pullsOf,
  startProtected,
} from "../../setup/protected-servers.ts";
import { flags, Remote } from "../../setup/remote.ts";

const off = { enabled: false };
const hostile =
  "Closes #1 @everyone </details> <img src=x onerror=alert(1)> ``` **bold** [a](http://x)";

/** Requests as an editor to turn meal_planning off, and expects a 202. */
async function ask({ api }: Pick<ProtectedServers, "api">, as = "editor", headers = {}) {
  const answer = await api.ask(`PUT ${meal}`, { as, headers, body: off });
  expect(answer.status, answer.text).toBe(202);
  return answer.json;
}

/** The GitHub account of the servers. */
const robot = "github-actions[bot]";

describe("a write to a protected environment", () => {
  test("changes nothing: it is a pull request with plan, reason, actor and labels", async () => {
    const { api, github, remote } = await startProtected();
    const { head } = remote;
    const { status, headers, json } = await api.ask(`PUT ${meal}`, {
      as: "editor",
      headers: { "Change-Reason": "Too slow" },
      body: off,
    });
    expect(status).toBe(202);
    const [issue, ...others] = pullsOf(github);
    if (!issue?.pull) throw new Error("There is no pull request");
    expect(others).toEqual([]);
    expect(json).toEqual({
      id: String(issue.number),
      status: "open",
      flag: "meal_planning",
      summary: "Disable meal_planning",
      pull_request: `https://github.example/mealtrack/flags/pull/${issue.number}`,
      url: `/v1/changes/${issue.number}`,
      commit: null,
    });
    expect(headers.location).toBe(json.url);
    expect(await api.ask(`GET ${json.url}`, { as: "reader" })).toMatchObject({ status: 200, json });

    expect(issue.title).toBe("Disable meal_planning");
    expect(issue.labels).toEqual(["flag-change", "protected: application"]);
    expect(issue.pull).toMatchObject({ base: "main" });
    expect(issue.pull.branch).toMatch(/^bunting\/meal_planning\/disable-[0-9a-f]{64}$/);
    expect(issue.body).toContain(
      "1 flag turns off in application, 1 flag turns off in development",
    );
    expect(issue.body).toContain("| `meal_planning` | **on → off** | off | **on → off** |");
    expect(issue.body).toContain("actor:   Ada Editor (editor)\nreason:  Too slow\n");

    expect(remote.head).toBe(head);
    expect((await api.ask(`GET ${meal}`)).json.enabled).toBe(true);
    expect(remote.bare.git("rev-parse", `${issue.pull.branch}^`)).toBe(head);
    expect(remote.diff(issue.pull.branch)).toEqual([
      "-enabled: true # since the launch",
      "+enabled: false # since the launch",
    ]);
    expect(remote.show("%an|%(trailers:key=Actor,valueonly)", issue.pull.branch)).toContain(
      "Ada Editor|Ada Editor (editor)",
    );
  });

  test("requested again, by another person, concurrently or at another server, is the same pull request", async () => {
    const reviewed = await startProtected();
    const { api, github, again } = reviewed;
    const [first, second] = await Promise.all([ask(reviewed), ask(reviewed)]);
    expect(second).toEqual(first);
    expect(await ask(reviewed, "admin", { "Change-Reason": "Another" })).toEqual(first);
    await api.service.close();
    expect(await ask({ api: await again() }, "admin")).toEqual(first);
    expect(pullsOf(github)).toHaveLength(1);
  });

  test("requested from two servers at once is one pull request", async () => {
    const reviewed = await startProtected();
    const other = { api: await reviewed.again() };
    // Both search before either of them opens one.
    reviewed.github.fault({ kind: "slow", on: "pulls/list", times: 2 });
    const [first, second] = await Promise.all([ask(reviewed), ask(other)]);
    expect(second.id).toBe(first.id);
    expect(pullsOf(reviewed.github)).toHaveLength(1);
  });

  test("does not use somebody else's pull request of the same branch", async () => {
    const { api, github, remote } = await startProtected();
    atRequest(github, "pulls/create", () => {
      const branch = remote.bare.git("branch", "--list", "--format=%(refname:short)", "bunting/*");
      const sha = remote.bare.git("rev-parse", branch);
      github.openPull({ branch, sha, title: "Harmless", body: "Nothing changes" });
    });
    const body = { enabled: false };
    const { status, json } = await api.ask(`PUT ${meal}`, { as: "editor", body });
    expect(status).toBe(503);
    expect(json.detail).toContain("#1 of ada has its branch; close it first");
  });

  test("uses a pull request that another server opened after the search", async () => {
    const reviewed = await startProtected();
    const { github, remote } = reviewed;
    let theirs: Issue | undefined;
    atRequest(github, "pulls/create", () => {
      const branch = remote.bare.git("branch", "--list", "--format=%(refname:short)", "bunting/*");
      const sha = remote.bare.git("rev-parse", branch);
      theirs ??= github.openPull({ branch, sha, title: "Theirs", author: robot });
    });
    expect((await ask(reviewed)).id).toBe(String(theirs?.number));
    expect(pullsOf(github)).toHaveLength(1);
  });

  test.each([
    ["merged", false],
    ["squashed", true],
  ])("changes the flag when it is %s, and shows actor, reason and commit", async (_, squash) => {
    const reviewed = await startProtected();
    const { api, github } = reviewed;
    const { id, url } = await ask(reviewed, "editor", { "Change-Reason": "Too slow" });
    const commit = github.merge(Number(id), { squash });
    expect((await api.ask(`GET ${url}`)).json).toMatchObject({ status: "merged", commit });
    // The request for its status made the server fetch.
    await until(async () => (await api.ask(`GET ${meal}`)).json.enabled === false);
    const { changes } = (await api.ask(`GET ${meal}/history`)).json;
    expect(changes[0]).toMatchObject({ commit, break_glass: false, after: { enabled: false } });
    // GitHub's own squash keeps the message of a single commit; this one keeps its title alone.
    if (!squash) {
      expect(changes[0]).toMatchObject({
        changed_by: "Ada Editor",
        origin: "api",
        summary: "Disable meal_planning",
        reason: "Too slow",
      });
    }
    const done = await api.ask(`PUT ${meal}`, { body: off });
    expect(done.status).toBe(200);
    expect(pullsOf(github)).toHaveLength(1);
  });

  test("has the status closed; requested again, it is a new pull request", async () => {
    const reviewed = await startProtected();
    const { api, github } = reviewed;
    const { id, url } = await ask(reviewed);
    close(github, Number(id));
    expect((await api.ask(`GET ${url}`)).json).toMatchObject({ status: "closed", commit: null });
    const anew = await ask(reviewed);
    expect(anew.id).not.toBe(id);
    expect(anew.status).toBe("open");
  });

  test("requested again after the branch moved is created again on the new head", async () => {
    const reviewed = await startProtected();
    const { github, remote } = reviewed;
    const first = await ask(reviewed);
    const staging = "environments:\n  staging:\n    enabled: false\n";
    remote.push({ [file]: `description: Plan meals\nenabled: true\n${staging}` });
    expect((await ask(reviewed)).id).toBe(first.id);
    const branch = pullsOf(github)[0]?.pull?.branch ?? "";
    expect(remote.bare.git("rev-parse", `${branch}^`)).toBe(remote.head);
    github.merge(Number(first.id));
    expect(remote.file(file)).toContain("description: Plan meals\nenabled: false");
  });

  test("with another effect than an open proposal is a proposal of its own", async () => {
    const reviewed = await startProtected();
    const { github, remote } = reviewed;
    const first = await ask(reviewed);
    const tip = () => remote.bare.git("rev-parse", pullsOf(github)[0]?.pull?.branch ?? "");
    const proposed = tip();
    // From now on staging follows the root: the same request disables the flag there as well.
    remote.push({ [file]: "description: Plan meals\nenabled: true\n" });
    expect((await ask(reviewed)).id).not.toBe(first.id);
    expect(tip()).toBe(proposed);
  });

  test("answers 202 to creating, describing and deleting, too", async () => {
    const { api, github, remote } = await startProtected();
    const { head } = remote;
    const answers = [
      await api.ask(`POST ${list}`, { as: "editor", body: { name: "water_log" } }),
      await api.ask(`PUT ${meal}`, { as: "editor", body: { description: "Plan dinners" } }),
      await api.ask(`DELETE ${meal}`),
    ];
    expect(answers.map(({ status, json }) => [status, json.summary])).toEqual([
      [202, "Create water_log"],
      [202, "Describe meal_planning"],
      [202, "Delete meal_planning"],
    ]);
    expect(remote.head).toBe(head);
    expect(pullsOf(github)).toHaveLength(3);
  });

  test("is checked like any other write, before a pull request is opened", async () => {
    const { api, github, remote } = await startProtected();
    const { etag } = (await api.ask(`GET ${meal}`)).headers;
    const refused = [
      await api.ask(`PUT ${meal}`, { as: "reader", body: off }),
      await api.ask(`PUT ${meal}`, { body: { enabled: "no" } }),
      await api.ask(`PUT ${meal}`, { body: { description: "ask ada@example.org" } }),
      await api.ask(`PUT ${list}meal_plan`, { body: off }),
      await api.ask(`POST ${list}`, { body: { name: "meal_planning" } }),
      await api.ask(`PUT ${meal}`, { body: off, headers: { "If-Match": '"1"' } }),
      await api.ask(`DELETE ${meal}`, { as: "editor" }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 400, 400, 404, 409, 412, 403]);
    const same = await api.ask(`PUT ${meal}`, {
      body: { enabled: true },
      headers: { "If-Match": etag },
    });
    expect(same.status).toBe(200);
    expect(github.requests).toEqual([]);
    expect(remote.bare.git("branch", "--list", "bunting/*")).toBe("");
  });

  test("does not delay concurrent writes to other environments", async () => {
    const reviewed = await startProtected();
    const { api, remote } = reviewed;
    const [direct] = await Promise.all([
      api.ask(`PUT /staging${meal}`, { as: "editor", body: { enabled: true } }),
      ask(reviewed),
    ]);
    expect(direct.status).toBe(200);
    expect(remote.diff()).toEqual([
      "-    enabled: false # until the audit is done",
      "+    enabled: true # until the audit is done",
    ]);
    expect(remote.length).toBe(2);
  });

  test("uses the policy that was merged just before", async () => {
    const reviewed = await startProtected("staging");
    const { api, remote } = reviewed;
    expect((await api.ask(`PUT ${meal}`, { body: off })).status).toBe(200);
    remote.push({ [policy]: "protected: [application]\n" });
    expect((await api.ask(`PUT ${meal}`, { body: { enabled: true } })).status).toBe(202);
    remote.push({ [policy]: null });
    expect((await api.ask(`PUT ${meal}`, { body: { enabled: true } })).status).toBe(200);
  });

  test("shows hostile text in a code block, and not in the title", async () => {
    const reviewed = await startProtected();
    const description = `${hostile} \`x\` #2`;
    const { status } = await reviewed.api.ask(`PUT ${meal}`, {
      headers: { "Change-Reason": hostile },
      body: { description },
    });
    expect(status).toBe(202);
    const [pull] = pullsOf(reviewed.github);
    expect(pull?.title).toBe("Describe meal_planning");
    const [outside = "", block, rest = ""] = pull?.body.split(/^```.*\n/m) ?? [];
    expect(block).toContain(hostile);
    for (const word of ["@everyone", "Closes", "<img", "bold"]) {
      expect(outside + rest).not.toContain(word);
    }
  });
});

test("without GitHub, a write to a protected environment is refused with the fix", async () => {
  const remote = new Remote({ ...flags, [policy]: "protected: [application]\n" });
  const api = await startService({ remote });
  const { status, json } = await api.ask(`PUT ${meal}`, { body: off });
  expect(status).toBe(403);
  expect(json.type).toBe("https://bunting.example/problems/protected-environment");
  expect(json.detail).toContain("set GITHUB_TOKEN and GITHUB_REPOSITORY");
  expect(remote.length).toBe(1);
  expect((await api.ask("GET /v1/changes/1")).status).toBe(404);
});

describe("GET /v1/changes/{id}", () => {
  test("sends no request to GitHub for an invented number", async () => {
    const reviewed = await startProtected();
    const { status, json } = await reviewed.api.ask(`PUT ${meal}`, { as: "editor", body: off });
    expect({ status, json }).toMatchObject({ status: 202 });
    const { length } = reviewed.github.requests;
    const own = await reviewed.again();
    const made = Array.from({ length: 40 }, (_, index) => Number(json.id) + 1 + index);
    const answers = await Promise.all(
      made.map((id) => reviewed.api.ask(`GET /v1/changes/${id}`, { as: "reader" })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([404]));
    // One listing, and another one for pull requests that were opened after it.
    expect(reviewed.github.requests.length - length).toBeLessThanOrEqual(2);
    // A server that did not make the proposal finds it in the listing.
    expect((await own.ask(`GET ${json.url}`)).json.status).toBe("open");
  });

  test("shows only the pull requests of this API", async () => {
    const { api, github, remote } = await startProtected();
    const branch = "bunting/meal_planning/disable-0123456789ab";
    const fork = github.openPull({ owner: "mallory", branch, sha: remote.head });
    const person = github.openPull({ branch: "topic", sha: remote.head });
    const ids = [fork.number, person.number, 99, 0, "01", "x", "1e3", "-1", "9".repeat(20)];
    for (const id of ids) expect((await api.ask(`GET /v1/changes/${id}`)).status).toBe(404);
    expect((await api.ask("GET /v1/changes/1", { as: null })).status).toBe(401);
    expect((await api.ask("PUT /v1/changes/1", { body: {} })).status).toBe(405);
    const ours = github.openPull({ branch, sha: remote.head });
    expect((await api.ask(`HEAD /v1/changes/${ours.number}`)).status).toBe(200);
    expect((await api.ask(`GET /v1/changes/${ours.number}`)).json.flag).toBe("meal_planning");
  });
});

/** Runs `work` when a request has arrived, before its response. */
function atRequest({ requests }: FakeGitHub, operation: OperationId, work: () => void): void {
  requests.push = (...arrived) => {
    if (arrived.some((request) => request.operation === operation)) work();
    return Array.prototype.push.apply(requests, arrived);
  };
}
