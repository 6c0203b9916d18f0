/** Emergency changes: who may make them, what they record, and the review afterwards. */
import { describe, expect, test } from "vitest";
import { harmless } from "../../../../schema/change/commit-message.ts";
import { markerOf } from "../../../../schema/github/review-issue.ts";
import type { FakeGitHub } from "../../../github/fake.ts";
import { useLabel as known } from "../../../github/handlers/issues.ts";
import type { Issue } from "../../../github/state.ts";
import { startService, until } from "../../setup/api.ts";
import {
  close,
  file,
  issuesOf,
  list,
  meal,
  type ProtectedServers,
  policy,
  pullsOf,
  startProtected,
} from "../../setup/protected-servers.ts";
import { flags, Remote } from "../../setup/remote.ts";

const off = { enabled: false };
const reason = "The allergen service is down";
let shared: Promise<ProtectedServers> | undefined;
const glass = { "Break-Glass": "true", "Change-Reason": reason };

describe("Break-Glass: true", () => {
  test("disables at once, labels the commit, and opens an issue for a review", async () => {
    const { api, github, remote } = await startProtected();
    const { status, headers, json } = await api.ask(`PUT ${meal}`, { headers: glass, body: off });
    expect([status, json.enabled]).toEqual([200, false]);
    expect(headers["bunting-commit"]).toBe(remote.head);
    expect((await api.ask(`GET ${meal}`)).json.enabled).toBe(false);
    expect(remote.show("%(trailers:key=Break-Glass,valueonly)")).toBe("application\n");
    const { changes } = (await api.ask(`GET ${meal}/history`)).json;
    expect(changes.map((change: { break_glass: boolean }) => change.break_glass)).toEqual([
      true,
      false,
    ]);

    await until(() => issuesOf(github).length > 0);
    const [issue, ...others] = issuesOf(github);
    expect(others).toEqual([]);
    expect(issue).toMatchObject({
      title: "Review: meal_planning was disabled in application by break glass",
      labels: ["break-glass"],
      state: "open",
    });
    expect(issue?.body).toContain(`Commit: ${remote.head}`);
    expect(issue?.body).toContain(`actor:   Ada Admin (admin)\nreason:  ${reason}\n`);
    expect(pullsOf(github)).toEqual([]);
  });

  test("needs an admin and the header", async () => {
    const { api, remote } = await startProtected();
    const editor = await api.ask(`PUT ${meal}`, { as: "editor", headers: glass, body: off });
    expect([editor.status, editor.json.type]).toEqual([
      403,
      "https://bunting.example/problems/forbidden",
    ]);
    const ordinary = { "Change-Reason": reason };
    expect((await api.ask(`PUT ${meal}`, { headers: ordinary, body: off })).status).toBe(202);
    expect(remote.length).toBe(1);
  });

  test.each([
    ["no reason", "PUT", meal, off, { "Change-Reason": "" }],
    ["a short reason", "PUT", meal, off, { "Change-Reason": "outage" }],
    ["a reason of spaces", "PUT", meal, off, { "Change-Reason": `a${" ".repeat(20)}b` }],
    ["another word", "PUT", meal, off, { "Break-Glass": "yes" }],
    ["enabling", "PUT", meal, { enabled: true }, {}],
    ["describing", "PUT", meal, { description: "Off for now" }, {}],
    ["describing beside disabling", "PUT", meal, { ...off, description: "Off for now" }, {}],
    ["creating", "POST", list, { name: "water_log" }, {}],
    ["deleting", "DELETE", meal, undefined, {}],
  ])("is refused with %s, and changes nothing", async (_what, method, path, body, headers) => {
    shared ??= startProtected();
    const { api, github, remote } = await shared;
    const more = { headers: { ...glass, ...headers }, ...(body && { body }) };
    const { status, json } = await api.ask(`${method} ${path}`, more);
    expect([status, json.type]).toEqual([400, "https://bunting.example/problems/break-glass"]);
    expect(remote.length).toBe(1);
    expect(github.requests).toEqual([]);
  });

  test("is checked like any other write: a precondition, a flag that is off already", async () => {
    const { api, remote } = await startProtected();
    const stale = { ...glass, "If-Match": '"1"' };
    expect((await api.ask(`PUT ${meal}`, { headers: stale, body: off })).status).toBe(412);
    const done = `${list}activity_tracking`;
    expect((await api.ask(`PUT ${done}`, { headers: glass, body: off })).status).toBe(200);
    expect(remote.length).toBe(1);
  });

  test("is an ordinary write if nothing is protected", async () => {
    const { api, github, remote } = await startProtected("development");
    const path = `PUT /staging${list}user_notifications`;
    expect((await api.ask(path, { headers: glass, body: off })).status).toBe(200);
    expect(remote.show("%B")).not.toContain("Break-Glass");
    expect(github.requests).toEqual([]);
  });

  test("is committed without GitHub, too, although no issue can be opened", async () => {
    const remote = new Remote({ ...flags, [policy]: "protected: [application]\n" });
    const api = await startService({ remote });
    expect((await api.ask(`PUT ${meal}`, { headers: glass, body: off })).status).toBe(200);
    expect(remote.file(file)).toContain("enabled: false # since the launch");
  });

  test("shows hostile text as text in the issue", async () => {
    const { api, github } = await startProtected();
    const hostile = "@everyone closes #1 ``` <!-- bunting:break-glass x --> </details>";
    const headers = { ...glass, "Change-Reason": hostile };
    expect((await api.ask(`PUT ${meal}`, { headers, body: off })).status).toBe(200);
    await until(() => issuesOf(github).length > 0);
    const [outside = "", block, rest = ""] = issuesOf(github)[0]?.body.split(/^```.*\n/m) ?? [];
    expect(block).toContain(harmless(hostile));
    expect(outside + rest).not.toMatch(/@everyone|closes|details/);
  });
});

describe("the review of an emergency change", () => {
  test("is opened later if GitHub is down; /readyz and /metrics show how many issues are missing", async () => {
    const { api, github } = await startProtected();
    github.fault({ kind: "forbidden", on: "issues/create", times: Number.POSITIVE_INFINITY });
    expect((await api.ask(`PUT ${meal}`, { headers: glass, body: off })).status).toBe(200);
    await until(async () => (await api.ready()).status === "degraded");
    expect((await api.ready()).degraded.join()).toMatch(/^1 emergency changes without an issue/);
    expect((await api.ask("GET /metrics")).text).toContain("bunting_break_glass_backlog 1");
    github.heal();
    await until(() => issuesOf(github).length > 0);
    await until(async () => (await api.ready()).status === "ok");
    expect((await api.ask("GET /metrics")).text).toContain("bunting_break_glass_backlog 0");
  });

  test("is not forgotten by a restart, and never opened twice", async () => {
    const { api, github, again } = await startProtected();
    github.fault({ kind: "forbidden", on: "issues/create", times: Number.POSITIVE_INFINITY });
    expect((await api.ask(`PUT ${meal}`, { headers: glass, body: off })).status).toBe(200);
    await until(async () => (await api.ready()).status === "degraded");
    await api.service.close();
    github.heal();
    await again();
    await until(() => issuesOf(github).length === 1);
    // Newer ones come first: on the first page it is not.
    for (const title of ["One", "Two", "Three"]) label(github, title, robot);
    const before = countIssueListings(github);
    const third = await again();
    await until(() => countIssueListings(github) === before + 2 || issuesOf(github).length > 4);
    await third.service.close();
    expect(issuesOf(github).map(({ title }) => title)).toHaveLength(4);
  });

  test("is opened even if somebody else closed an issue with the same marker", async () => {
    const { api, github, remote } = await startProtected();
    github.fault({ kind: "forbidden", on: "issues/create", times: Number.POSITIVE_INFINITY });
    expect((await api.ask(`PUT ${meal}`, { headers: glass, body: off })).status).toBe(200);
    const forged = label(github, "Nothing to see", "mallory", markerOf({ commit: remote.head }));
    close(github, forged.number);
    github.heal();
    await until(() => issuesOf(github).length === 2);
    expect(issuesOf(github)[1]?.title).toContain("meal_planning was disabled in application");
  });

  test("is found again if GitHub's answer was lost", async () => {
    const { api, github } = await startProtected();
    github.fault({ kind: "drop-after", on: "issues/create" });
    expect((await api.ask(`PUT ${meal}`, { headers: glass, body: off })).status).toBe(200);
    await until(() => issuesOf(github).length > 0);
    await until(() => countIssueListings(github) > 1);
    await api.service.close();
    expect(issuesOf(github)).toHaveLength(1);
  });
});

/** The GitHub account of the servers. */
const robot = "github-actions[bot]";

/** Another issue with the label of reviews. */
function label(github: FakeGitHub, title: string, author: string, body = ""): Issue {
  const issue = github.openIssue(author, title, body);
  issue.labels.push(known(github.host, "break-glass"));
  return issue;
}

function countIssueListings({ requests }: FakeGitHub): number {
  return requests.filter(({ operation, status }) => operation === "issues/list-for-repo" && status)
    .length;
}
