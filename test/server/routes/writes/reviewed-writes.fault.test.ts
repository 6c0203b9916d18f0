/**
 * Failures between the server and GitHub: the client gets a 503 with `Retry-After`, and the next request
 * succeeds.
 */
import { expect, test } from "vitest";
import { type Api, startProcess, startService, until } from "../../setup/api.ts";
import {
  list,
  meal,
  type ProtectedServers,
  pullsOf,
  startProtected,
} from "../../setup/protected-servers.ts";

const off = { enabled: false };

function ask({ api }: { readonly api: Api }) {
  return api.ask(`PUT ${meal}`, { as: "editor", body: off });
}

/** Repeats the request until it is not 503, and expects one pull request. */
async function expectRecovery(reviewed: ProtectedServers): Promise<void> {
  const { api, github, remote } = reviewed;
  await until(async () => (await ask(reviewed)).status === 202);
  const [pull, ...others] = pullsOf(github);
  expect(others).toEqual([]);
  expect(pull?.labels).toEqual(["flag-change", "protected: application"]);
  expect(remote.length).toBe(1);
  expect((await api.ready()).status).toBe("ok");
}

test.each([
  ["the branch is there, and no pull request", "pulls/create"],
  ["a pull request is there without its labels", "issues/add-labels"],
] as const)("the next request completes what a failed one began, when %s", async (_what, on) => {
  const reviewed = await startProtected();
  const { api, github, remote } = reviewed;
  github.fault({ kind: "forbidden", on });
  const { status, headers, json } = await ask(reviewed);
  expect(status).toBe(503);
  expect(Number(headers["retry-after"])).toBeGreaterThan(0);
  expect(json.detail).toBe("Cannot reach the pull requests: GitHub answers 403");
  expect(remote.bare.git("branch", "--list", "bunting/*")).not.toBe("");
  expect((await api.ready()).degraded.join()).toContain("GITHUB_TOKEN");
  await expectRecovery(reviewed);
});

test.each(["drop-after", "bad-gateway-after"] as const)(
  "a pull request is found and not opened twice if the response is lost (%s)",
  async (kind) => {
    const reviewed = await startProtected();
    reviewed.github.fault({ kind, on: "pulls/create" });
    await expectRecovery(reviewed);
  },
);

test("a bad GitHub token is a 503 with the reason in /readyz, while reads and other writes continue", async () => {
  const { again, github, ...reviewed } = await startProtected();
  const api = await again({ env: { GITHUB_TOKEN: "ghs_wrong" } });
  const { status, json } = await ask({ api });
  expect(status).toBe(503);
  expect(json.detail).toBe("Cannot reach the pull requests: GitHub answers 401");
  expect((await api.ready()).degraded.join()).toContain("GITHUB_TOKEN is wrong or has expired");
  expect((await api.ask(`GET ${list}`)).status).toBe(200);
  const direct = await api.ask(`PUT /staging${meal}`, { body: { enabled: true } });
  expect(direct.status).toBe(200);
  expect((await api.ask("GET /v1/changes/1")).status).toBe(503);
  expect(github.requests.length).toBeLessThan(10);
  expect(pullsOf(github)).toEqual([]);
  expect((await ask(reviewed)).status).toBe(202);
});

test("a secondary rate limit is a 503 with GitHub's Retry-After", async () => {
  const reviewed = await startProtected();
  reviewed.github.fault({ kind: "secondary-limit", on: "pulls/list", retryAfter: 77 });
  const { status, headers } = await ask(reviewed);
  expect([status, headers["retry-after"]]).toEqual([503, "77"]);
  await expectRecovery(reviewed);
});

test("a GitHub that does not answer or fails once is a 503, and the next request works", async () => {
  const reviewed = await startProtected();
  const { again, github } = reviewed;
  const nowhere = await again({ env: { GITHUB_API_URL: "http://127.0.0.1:9" } });
  const started = performance.now();
  expect((await ask({ api: nowhere })).status).toBe(503);
  // The timeout for a client, and a little more.
  expect(performance.now() - started).toBeLessThan(20_000);
  github.fault({ kind: "bad-gateway", on: "pulls/create", times: 1 });
  await expectRecovery(reviewed);
});

test("a remote that does not answer is a 503 before any request to GitHub", async () => {
  const { api, github, remote } = await startProtected();
  remote.bare.git("config", "core.repositoryFormatVersion", "99");
  expect((await ask({ api })).status).toBe(503);
  expect(github.requests.filter(({ operation }) => operation === "pulls/create")).toEqual([]);
});

test("GitHub's token is in no log, response or repository; the audit line names the pull request", async () => {
  const { github, remote, api: other } = await startProtected();
  await other.service.close();
  const env = { ...github.env, LOG_LEVEL: "trace" };
  const api = await startProcess({ remote, env });
  github.fault({ kind: "bad-token", times: 1 });
  expect((await ask({ api })).status).toBe(503);
  const { status, json } = await ask({ api });
  expect(status).toBe(202);
  const metrics = (await api.ask("GET /metrics")).text;
  expect(metrics).toContain('bunting_flag_updates_total{kind="update",result="proposed"} 1');
  await api.program.end("SIGTERM");
  const writes = api.program.log.filter(({ audit }) => audit);
  expect(writes).toMatchObject([
    {
      result: "refused-503",
      reason: expect.stringMatching(/^Cannot .*Bad credentials/),
      actor: "editor",
      flag: "meal_planning",
    },
    { result: "proposed", pullRequest: json.pull_request, actor: "editor", flag: "meal_planning" },
  ]);
  const everything = [
    ...Object.values(api.program.output),
    JSON.stringify(json),
    ...pullsOf(github).map(({ body }) => body),
    remote.bare.git("log", "--all", "--format=%B"),
  ];
  expect(everything.join()).not.toContain(github.token);
});

test("the settings of GitHub are required together", async () => {
  await expect(
    startService({ env: { GITHUB_TOKEN: "ghs_x", GITHUB_REPOSITORY: "" } }),
  ).rejects.toThrow("GITHUB_REPOSITORY");
});
