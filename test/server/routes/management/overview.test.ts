/** `GET /v1/overview`: a summary of all flags, and the changes that wait for a review. */
import { expect, test } from "vitest";
import { startService } from "../../setup/api.ts";
import { meal, startProtected } from "../../setup/protected-servers.ts";
import { flags, Remote } from "../../setup/remote.ts";
import { TestTokens } from "../../setup/tokens.ts";

const path = "GET /v1/overview";
interface FlagJson {
  readonly name: string;
  readonly environments: { readonly application: { readonly state: string } };
}
const flagIn = (json: { flags: FlagJson[] }, name: string) =>
  json.flags.find((flag) => flag.name === name);

test("shows owner, type, expiry and how a flag is decided in each environment", async () => {
  const rollout = `description: Check out in one step
enabled: true
rollout: 10
rules:
  - { name: nordic, if: { country: SE }, enabled: true }
type: experiment
owner: billing
expires: 2999-01-01
private: true
variants: { one: 1, two: 2 }
environments:
  development: { enabled: true }
`;
  const remote = new Remote({
    ...flags,
    "bunting.yaml": "attributes: { country: string }\n",
    "flags/billing/new_checkout.yaml": rollout,
  });
  const api = await startService({ remote });
  const { status, headers, json } = await api.ask(path, { as: "reader" });
  expect(status).toBe(200);
  expect(headers["cache-control"]).toBe("private, no-store");
  expect(headers).not.toHaveProperty("etag");
  expect(json).toMatchObject({
    commit: remote.head,
    environments: ["application", "staging", "development"],
    proposals: [],
  });
  const variants = ["one", "two"];
  const partial = { state: "partial", enabled: true, rollout: 10, rules: 1, variants };
  expect(flagIn(json, "new_checkout")).toEqual({
    name: "new_checkout",
    description: "Check out in one step",
    owner: "billing",
    type: "experiment",
    expires: "2999-01-01",
    private: true,
    created_at: "2024-08-31T12:00:00Z",
    updated_at: "2024-08-31T12:00:00Z",
    environments: {
      application: partial,
      staging: partial,
      development: { state: "on", enabled: true, rollout: 100, rules: 0, variants },
    },
    stale: null,
  });
  expect(flagIn(json, "user_notifications")).toMatchObject({ owner: null, expires: null });
  expect((await api.ask("HEAD /v1/overview")).status).toBe(200);
  expect((await api.ask("POST /v1/overview")).status).toBe(405);
});

test("shows a flag as on or off only if it is on or off for everyone", async () => {
  const remote = new Remote({
    ...flags,
    "bunting.yaml": "attributes: { country: string }\n",
    "flags/a/tenth.yaml": "enabled: true\nrollout: 10\n",
    "flags/a/full.yaml": "enabled: true\n",
    "flags/a/needs_tenth.yaml": "enabled: true\nrequires: [ tenth ]\n",
    "flags/a/needs_full.yaml": "enabled: true\nrequires: [ full ]\n",
    "flags/a/nobody.yaml": "enabled: true\nrollout: 0\n",
    "flags/a/swedes.yaml":
      "enabled: true\nrollout: 0\nrules:\n  - { name: se, if: { country: SE }, enabled: true }\n",
  });
  const api = await startService({ remote });
  const { json } = await api.ask(path);
  const names = ["full", "needs_full", "needs_tenth", "nobody", "swedes"];
  const states = names.map((name) => flagIn(json, name)?.environments.application.state);
  expect(states).toEqual(["on", "on", "partial", "off", "partial"]);
  const { json: list } = await api.ask("GET /v1/feature-flags/");
  expect(names.map((name) => list.flags[name])).toEqual([true, true, false, false, false]);
});

test("shows which flags are stale since when, also after edits of other keys", async () => {
  const file = "flags/platform/user_notifications.yaml";
  const api = await startService({
    remote: new Remote({ ...flags, "flags/a/old.yaml": "enabled: false\nexpires: 2025-01-31\n" }),
  });
  api.remote.push({ [file]: "description: Notify\nenabled: true\nrollout: 5\n" });
  api.remote.push({ [file]: "description: Notify\nenabled: true\n" });
  api.remote.push({ [file]: "description: Notify people\nenabled: true\n" });
  await api.sync();
  const { json } = await api.ask(path);
  expect(flagIn(json, "old")).toMatchObject({
    stale: { kind: "expired", since: "2025-01-31", reason: "It expired on 2025-01-31" },
  });
  expect(flagIn(json, "user_notifications")).toMatchObject({
    stale: {
      kind: "unchanged",
      since: "2024-08-31",
      reason: expect.stringContaining("It has been on"),
    },
  });
  // It differs between environments.
  expect(flagIn(json, "meal_planning")).toMatchObject({ stale: null });
  const put = { body: { enabled: true, rollout: 50 } };
  expect((await api.ask("PUT /v1/feature-flags/user_notifications", put)).status).toBe(200);
  expect(flagIn((await api.ask(path)).json, "user_notifications")).toMatchObject({ stale: null });
});

test("shows a narrowed token its own environments", async () => {
  const tokens = new TestTokens({ tester: { role: "reader", environments: ["staging"] } });
  const api = await startService({ tokens });
  const { json } = await api.ask(path, { as: "tester" });
  expect(json.environments).toEqual(["staging"]);
  expect(flagIn(json, "meal_planning")).toMatchObject({
    environments: { staging: { state: "off" } },
  });
  expect(JSON.stringify(json.flags)).not.toContain("application");
});

test("shows a narrowed token the proposals and metrics of its own environments", async () => {
  const { again } = await startProtected("application", "staging");
  const staging = { role: "admin", environments: ["staging"] } as const;
  const development = { role: "admin", environments: ["development"] } as const;
  const api = await again({ tokens: new TestTokens({ staging, development }) });
  const change = { body: { enabled: true } };
  const { json: tested } = await api.ask(`PUT /staging${meal}`, change);
  const { json: hidden } = await api.ask(`PUT ${meal}`, { body: { enabled: false } });
  const proposals = async (as: string) => (await api.ask(path, { as })).json.proposals;
  expect(await proposals("staging")).toEqual([tested]);
  expect(await proposals("development")).toEqual([]);
  expect(await proposals("admin")).toHaveLength(2);
  const statusOf = async (url: string, as: string) => (await api.ask(`GET ${url}`, { as })).status;
  expect(await statusOf(tested.url, "staging")).toBe(200);
  expect(await statusOf(hidden.url, "staging")).toBe(404);
  expect(await statusOf(hidden.url, "admin")).toBe(200);

  for (const environment of ["application", "staging"]) {
    const body = { environment, evaluations: { meal_planning: 1 } };
    expect((await api.ask("POST /v1/usage", { body })).status).toBe(204);
  }
  const metrics = async (as: string) => (await api.ask("GET /metrics", { as })).text;
  expect(await metrics("admin")).toContain('environment="application"');
  const narrow = await metrics("staging");
  expect(narrow).toContain('bunting_flag_evaluations_total{environment="staging"');
  expect(narrow).toContain("bunting_queue_depth 0");
  expect(narrow).not.toContain("application");
});

test("lists the changes that wait for a review, and null if GitHub does not answer", async () => {
  const { api, github, again } = await startProtected();
  const { json: proposed } = await api.ask(`PUT ${meal}`, { body: { enabled: false } });
  expect((await api.ask(path)).json.proposals).toEqual([proposed]);
  github.fault({ kind: "forbidden", on: "pulls/list", times: Number.POSITIVE_INFINITY });
  const other = await again();
  const { status, json } = await other.ask(path);
  expect([status, json.proposals]).toEqual([200, null]);
});
