/** `GET /v1/history`: the changes of all flags. */
import { beforeAll, expect, test, vi } from "vitest";
import { BranchHistory } from "../../../../store/branch/branch-history.ts";
import { type OwnApi, startService } from "../../setup/api.ts";
import { TestTokens } from "../../setup/tokens.ts";

const list = "/v1/feature-flags/";
const path = "/v1/history";
const tester = { role: "reader", environments: ["staging"] } as const;

/** The changes, newest first: `FLAG: SUMMARY`. */
const changesIn = ({ json }: { json: { changes: { flag: string; summary: string }[] } }) =>
  json.changes.map(({ flag, summary }) => `${flag}: ${summary}`);

let api: OwnApi;
let human = "";
beforeAll(async () => {
  api = await startService({ tokens: new TestTokens({ tester }) });
  const body = (change: object) => ({ body: change });
  await api.ask(`PUT ${list}meal_planning`, {
    ...body({ enabled: false }),
    as: "editor",
    headers: { "Change-Reason": "Too many complaints" },
  });
  await api.ask(`PUT /staging${list}meal_planning`, body({ enabled: true, rollout: 10 }));
  await api.ask(`PUT /staging${list}meal_planning`, body({ enabled: true, rollout: 30 }));
  const file = "flags/activity/activity_tracking.yaml";
  human = api.remote.push({ [file]: `# Ours\n${api.remote.file(file)}\n` });
  await api.sync();
  await api.ask(`DELETE ${list}user_notifications`);
});

test("answers with the changes of all flags, and the environments that answer differently", async () => {
  const answer = await api.ask(`GET ${path}`, { as: "reader" });
  expect(answer.status).toBe(200);
  expect(answer.headers["cache-control"]).toBe("private, no-cache");
  const [deleted, comment, larger, smaller, off, ...created] = answer.json.changes;
  expect(deleted).toMatchObject({
    flag: "user_notifications",
    kind: "deleted",
    environments: { application: { before: { state: "on" }, after: null }, development: {} },
  });
  expect(comment).toMatchObject({
    ...{ flag: "activity_tracking", commit: human, origin: "git" },
    environments: {},
  });
  const description = "Enable meal planning features";
  expect(larger.environments).toEqual({
    staging: {
      before: { enabled: false, description, state: "10 %" },
      after: { enabled: false, description, state: "30 %" },
    },
  });
  expect(smaller.environments.staging.before.state).toBe("off");
  expect(off).toMatchObject({
    ...{ subject: "editor", reason: "Too many complaints", summary: "Disable meal_planning" },
    environments: { application: {}, development: {} },
  });
  expect(
    created.map(({ kind, flag }: { kind: string; flag: string }) => `${kind} ${flag}`),
  ).toEqual(["created user_notifications", "created meal_planning", "created activity_tracking"]);
  expect((await api.ask(`HEAD ${path}`)).status).toBe(200);
});

test.each([
  ["flag=activity_tracking", 2],
  ["flag=no_such_flag", 0],
  ["actor=editor", 1],
  ["actor=Ada%20Editor", 1],
  ["actor=nobody", 0],
  ["environment=staging", 6],
  ["environment=staging&flag=meal_planning", 3],
  ["environment=application&actor=admin", 1],
  ["until=2024-08-31T12:00:00Z", 3],
  ["until=2024-08-31", 0],
  ["since=2024-08-31T12:00:01Z", 5],
  ["since=2024-08-31&until=2024-09-01", 3],
  ["since=2999-01-01", 0],
])("?%s answers with %d changes", async (query, count) => {
  expect(changesIn(await api.ask(`GET ${path}?${query}`))).toHaveLength(count);
});

test("comes in pages that stay valid when there are new changes", async () => {
  const own = await startService();
  for (const rollout of [1, 2, 3])
    await own.ask(`PUT ${list}meal_planning`, { body: { enabled: true, rollout } });
  const all = changesIn(await own.ask(`GET ${path}`));
  const first = await own.ask(`GET ${path}?limit=2`);
  await own.ask(`PUT ${list}meal_planning`, { body: { rollout: 4 } });
  const seen = changesIn(first);
  for (let { next } = first.json; next !== undefined; ) {
    const page = await own.ask(`GET ${path}?limit=2&from=${next}`);
    seen.push(...changesIn(page));
    next = page.json.next;
  }
  expect(seen).toEqual(all);
  const filtered = await own.ask(`GET ${path}?limit=1&flag=meal_planning`);
  expect(filtered.json.changes).toHaveLength(1);
  const rest = await own.ask(`GET ${path}?flag=meal_planning&from=${filtered.json.next}`);
  expect(rest.json.changes).toHaveLength(4);
});

test("shows a narrowed token only changes in its own environments", async () => {
  const answer = await api.ask(`GET ${path}`, { as: "tester" });
  expect(answer.json.changes).toHaveLength(6);
  expect(answer.text).not.toMatch(/application|development|complaints/);
  expect((await api.ask(`GET ${path}?environment=application`, { as: "tester" })).status).toBe(403);
  expect((await api.ask(`GET ${path}`, { as: null })).status).toBe(401);
});

test.each([
  "limit=0",
  "limit=201",
  "limit=1&limit=2",
  "from=-1",
  "from=x",
  "flag=..%2Fa",
  "flag=a&flag=b",
  "environment=prod",
  "since=yesterday",
  "since=2027-02-30",
  "until=2027-13-01",
  "until=2027-01-01T25:00:00Z",
  "since=",
  `actor=${"x".repeat(201)}`,
])("answers 400 for ?%s", async (query) => {
  expect((await api.ask(`GET ${path}?${query}`)).status).toBe(400);
});

test("suggests the similar parameter", async () => {
  const { status, json } = await api.ask(`GET ${path}?actr=ada`);
  expect([status, json.detail]).toEqual([
    400,
    'Cannot use the parameter "actr": did you mean "actor"?',
  ]);
});

test("is read once for concurrent requests of the same page, and 405 for other methods", async () => {
  const own = await startService();
  const read = vi.spyOn(BranchHistory.prototype, "queryChanges");
  await Promise.all(Array.from({ length: 5 }, () => own.ask(`GET ${path}`)));
  await own.ask(`GET ${path}`, { as: "reader" });
  expect(read).toHaveBeenCalledTimes(1);
  read.mockRestore();
  expect((await own.ask(`POST ${path}`)).status).toBe(405);
});
