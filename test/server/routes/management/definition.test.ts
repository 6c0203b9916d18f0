/** A whole flag through the API: as JSON, and as the text of its file. */
import { expect, test } from "vitest";
import { type Asking, type OwnApi, startService } from "../../setup/api.ts";
import { flags } from "../../setup/remote.ts";
import { TestTokens } from "../../setup/tokens.ts";

const meal = "/v1/feature-flags/meal_planning";
const path = `${meal}/definition`;
const file = "flags/nutrition/meal_planning.yaml";
const text = String(flags[file]);
const values = {
  description: "Enable meal planning features",
  enabled: true,
  owner: "nutrition",
  environments: { staging: { enabled: false } },
};
const yaml = { "Content-Type": "application/yaml", Accept: "application/yaml" };

const put = (api: OwnApi, body: unknown, more: Asking = {}) =>
  api.ask(`PUT ${path}`, { body, ...more });
const putText = (api: OwnApi, body: string, more: Asking = {}) =>
  put(api, body, { ...more, headers: { ...yaml, ...more.headers } });

test("GET answers with the values of the file, or with its own text", async () => {
  const api = await startService();
  const json = await api.ask(`GET ${path}`, { as: "reader" });
  expect([json.status, json.headers["content-type"]]).toEqual([200, "application/json"]);
  expect(json.json).toEqual(values);
  const own = await api.ask(`GET ${path}`, { as: "reader", headers: yaml });
  expect(own.headers["content-type"]).toBe("application/yaml; charset=utf-8");
  expect(own.text).toBe(text);
  expect(own.headers.etag).not.toBe(json.headers.etag);
  for (const [answer, headers] of [
    [json, {}],
    [own, yaml],
  ] as const) {
    const known = { "If-None-Match": String(answer.headers.etag), ...headers };
    expect((await api.ask(`GET ${path}`, { headers: known })).status).toBe(304);
    expect((await api.ask(`HEAD ${path}`, { headers })).headers.etag).toBe(answer.headers.etag);
  }
  expect((await api.ask(`GET ${path}`, { headers: { Accept: "text/html" } })).status).toBe(406);
});

test.each([
  "/v1/feature-flags/none/definition",
  "/staging/v1/feature-flags/meal_planning/definition",
])("GET %s is 404", async (where) => {
  const api = await startService();
  expect((await api.ask(`GET ${where}`)).status).toBe(404);
});

test("PUT of JSON changes the lines that differ, and keeps comments and the order of keys", async () => {
  const api = await startService();
  const { environments, owner, ...first } = values;
  const body = {
    owner,
    environments: { ...environments, development: { enabled: true, rollout: 5 } },
    ...first,
    enabled: false,
    metadata: { issue: "MEAL-7" },
  };
  const headers = { "Change-Reason": "The audit" };
  const answer = await put(api, body, { as: "editor", headers });
  expect([answer.status, answer.json.enabled]).toEqual([200, false]);
  expect(answer.headers["bunting-commit"]).toBe(api.remote.head);
  expect(api.remote.diff()).toEqual([
    "-enabled: true # since the launch",
    "+enabled: false # since the launch",
    "+  development:",
    "+    enabled: true",
    "+    rollout: 5",
    "+metadata:",
    "+  issue: MEAL-7",
  ]);
  expect(api.remote.show("%s%n%an%n%b")).toMatch(
    /^Update meal_planning\nAda Editor\nThe audit\n\nFlag: meal_planning\nChange: enabled, environments.development, metadata\n/,
  );
  const { changes } = (await api.ask(`GET ${meal}/history`)).json;
  expect(changes[0]).toMatchObject({ origin: "api", subject: "editor", reason: "The audit" });
});

test("PUT of a text formats it, and keeps its comments", async () => {
  const api = await startService();
  const answer = await putText(
    api,
    `# Ask first\nenabled:   true    # yes\ndescription: Plan\nowner: nutrition\n`,
  );
  expect(answer.status).toBe(200);
  expect(answer.text).toBe(
    "# Ask first\nenabled: true # yes\ndescription: Plan\nowner: nutrition\n",
  );
  expect(api.remote.file(file)).toBe(answer.text.trimEnd());
});

test("PUT of the same definition makes no commit, in either form", async () => {
  const api = await startService();
  const before = api.remote.head;
  const reordered = Object.fromEntries(Object.entries(values).reverse());
  for (const answer of [await put(api, reordered), await putText(api, text)]) {
    expect(answer.status).toBe(200);
    expect(answer.headers["bunting-commit"]).toBe(before);
  }
  expect(api.remote.head).toBe(before);
});

test("PUT with a new owner moves the file to its folder, in the same signed commit", async () => {
  const api = await startService();
  const created = (await api.ask(`GET ${meal}`)).json.created_at;
  const answer = await put(api, { ...values, owner: "growth", enabled: false });
  expect(answer.status).toBe(200);
  const moved = "flags/growth/meal_planning.yaml";
  expect(api.remote.bare.git("show", "--format=", "--name-status", "--no-renames", "main")).toBe(
    `A\t${moved}\nD\t${file}`,
  );
  expect(api.remote.file(moved)).toContain("enabled: false # since the launch\nowner: growth\n");
  expect(api.remote.show("%s")).toBe("Update meal_planning and move it to growth");
  expect((await api.ask(`GET ${meal}`)).json).toMatchObject({
    created_at: created,
    enabled: false,
  });
  const { changes } = (await api.ask(`GET ${meal}/history`)).json;
  expect(changes[0]).toMatchObject({ kind: "updated", origin: "api", subject: "admin" });
  expect(await put(api, { ...values, owner: "nutrition" })).toMatchObject({ status: 200 });
  expect(api.remote.file(file)).toContain("owner: nutrition\n");
});

test("PUT does not move a flag that is outside of its owner's folder", async () => {
  const elsewhere = "flags/shared/meal_planning.yaml";
  const api = await startService();
  api.remote.push({ [file]: null, [elsewhere]: text });
  await api.sync();
  expect((await put(api, { ...values, owner: "growth" })).status).toBe(200);
  expect(api.remote.file(elsewhere)).toContain("owner: growth\n");
});

test("PUT on a missing name is 404, and 201 with If-None-Match: *", async () => {
  const api = await startService();
  const where = "PUT /v1/feature-flags/new_checkout/definition";
  const body = { enabled: true, rollout: 10, description: "One step", owner: "billing" };
  expect((await api.ask(where, { body })).status).toBe(404);
  const headers = { "If-None-Match": "*" };
  const created = await api.ask(where, { body, headers });
  expect([created.status, created.headers.location]).toEqual([
    201,
    "/v1/feature-flags/new_checkout/definition",
  ]);
  expect(created.json).toEqual(body);
  expect(api.remote.file("flags/billing/new_checkout.yaml")).toBe(
    `# yaml-language-server: $schema=../../schema/flag.schema.json
description: One step
enabled: true
rollout: 10
owner: billing`,
  );
  expect((await api.ask(where, { body, headers })).status).toBe(412);
  const wrong = "PUT /v1/feature-flags/New-Checkout/definition";
  const { status, json } = await api.ask(wrong, { body, headers });
  expect([status, json.errors[0].pointer]).toEqual([400, "#/name"]);
});

test("PUT with If-Match fails if the definition changed, in the form of the request", async () => {
  const api = await startService();
  const [json, own] = [
    (await api.ask(`GET ${path}`)).headers.etag,
    (await api.ask(`GET ${path}`, { headers: yaml })).headers.etag,
  ].map(String) as [string, string];
  api.remote.push({ [file]: text.replace("since the launch", "since May") });
  await api.sync();
  // A comment changes the text, but not the JSON.
  const changed = { ...values, enabled: false };
  expect((await putText(api, text, { headers: { "If-Match": own } })).status).toBe(412);
  expect((await putText(api, text, { headers: { "If-Match": json } })).status).toBe(412);
  expect((await put(api, changed, { headers: { "If-Match": own } })).status).toBe(412);
  const answer = await put(api, changed, { headers: { "If-Match": json } });
  expect(answer.status).toBe(200);
  expect(api.remote.file(file)).toContain("enabled: false # since May\n");
  const stale = await Promise.all(
    [true, false].map((enabled) =>
      put(
        api,
        { ...values, enabled, description: `Plan ${enabled}` },
        {
          headers: { "If-Match": String(answer.headers.etag) },
        },
      ),
    ),
  );
  expect(stale.map(({ status }) => status).sort()).toEqual([200, 412]);
});

test("PUT with an Idempotency-Key is done once", async () => {
  const api = await startService();
  const headers = { "Idempotency-Key": "a" };
  const body = { ...values, enabled: false };
  const first = await put(api, body, { headers });
  const { length } = api.remote;
  const second = await put(api, body, { headers });
  expect([second.status, second.text]).toEqual([200, first.text]);
  expect(api.remote.length).toBe(length);
  expect((await put(api, values, { headers })).status).toBe(409);
});

test("a token for some environments changes only decisions in these", async () => {
  const tokens = new TestTokens({
    tester: { role: "editor", environments: ["staging"] },
    root: { role: "editor", environments: ["application"] },
    other: { role: "editor", flags: ["billing_*"] },
  });
  const api = await startService({ tokens });
  const staging = { ...values, environments: { staging: { enabled: true, rollout: 20 } } };
  const before = api.remote.head;
  const refused: [string, object, string][] = [
    ["tester", { ...values, enabled: false }, "application, development"],
    ["tester", { ...values, enabled: false, environments: { staging: { enabled: true } } }, "appl"],
    ["tester", { ...values, description: "New" }, "application, development"],
    ["tester", { ...values, owner: "growth" }, "application, development"],
    ["tester", { ...staging, rules: [] }, "application"],
    ["root", staging, "staging"],
    // Without a block of its own, development follows the root.
    ["root", { ...values, enabled: false }, "development"],
    ["other", staging, "billing_*"],
  ];
  for (const [as, body, words] of refused) {
    const answer = await put(api, body, { as });
    expect([answer.status, answer.json.detail]).toEqual([403, expect.stringContaining(words)]);
  }
  expect((await putText(api, `${text}# more\n`, { as: "tester" })).status).toBe(403);
  expect((await api.ask(`GET ${path}`, { as: "tester" })).status).toBe(403);
  expect(api.remote.head).toBe(before);

  expect((await put(api, staging, { as: "tester" })).status).toBe(200);
  const pinned = {
    ...staging,
    enabled: false,
    environments: { ...staging.environments, development: { enabled: true } },
  };
  expect((await put(api, pinned, { as: "root" })).status).toBe(403);
  expect((await api.ask(`PUT /development${meal}`, { body: { enabled: true } })).status).toBe(200);
  expect((await put(api, pinned, { as: "root" })).status).toBe(200);
  expect((await put(api, values, { as: "reader" })).status).toBe(403);
});

test("the definition of a private flag is shown to those who may change it", async () => {
  const api = await startService();
  await put(api, { ...values, private: true });
  expect((await api.ask(`GET ${path}`, { as: "reader" })).status).toBe(403);
  expect((await api.ask(`GET ${path}`, { as: "editor" })).status).toBe(200);
});

test.each([
  ["a wrong value", { enabled: "yes" }, "#/enabled", "wrong-type"],
  ["no value", {}, "#", "missing-key"],
  ["null", { enabled: true, rollout: null }, "#/rollout", "wrong-type"],
  ["an unknown key", { enabled: true, enviroments: {} }, "#/enviroments", "unknown-key"],
  ["the name", { name: "meal_planning", enabled: true }, "#/name", "unknown-key"],
  [
    "an unknown environment",
    { enabled: true, environments: { prod: { enabled: true } } },
    "#/environments/prod",
    "unknown-environment",
  ],
  [
    "a rule with two outcomes",
    { enabled: true, rules: [{ name: "a", if: { country: "SE" }, enabled: true, rollout: 5 }] },
    "#/rules/0",
    "rule-outcome",
  ],
  ["one variant", { enabled: true, variants: { a: "x" } }, "#/variants", "invalid-variants"],
  [
    "personal data",
    { enabled: true, description: "Ask ada@example.com" },
    "#/description",
    "personal-data",
  ],
])("PUT refuses %s with 400, and reports the position", async (_what, body, pointer, code) => {
  const remoteProject = { "bunting.yaml": "attributes: { country: string }\n" };
  const api = await startService();
  api.remote.push(remoteProject);
  await api.sync();
  const { status, json } = await put(api, body);
  expect([status, json.errors]).toEqual([
    400,
    expect.arrayContaining([expect.objectContaining({ pointer, code })]),
  ]);
  expect(json.errors[0]).not.toHaveProperty("line");
});

test.each([
  ["no YAML", "enabled: [\n", "#", "invalid-yaml", 1],
  [
    "an alias",
    "enabled: &a true\nenvironments:\n  staging: { enabled: *a }\n",
    "#/enabled",
    "anchor",
    1,
  ],
  ["a tag", "enabled: !!bool true\n", "#/enabled", "tag", 1],
  ["a duplicate key", "enabled: true\nenabled: false\n", "#/enabled", "duplicate-key", 2],
  ["a second document", "enabled: true\n---\nenabled: false\n", "#", "second-document", 2],
  ["a word of YAML 1.1", "description: Plan\nenabled: yes\n", "#/enabled", "wrong-type", 2],
  ["__proto__", "enabled: true\n__proto__: { a: 1 }\n", "#/__proto__", "unknown-key", 2],
  ["a list", "- enabled: true\n", "#", "not-a-mapping", 1],
  ["deep lists", `enabled: ${"[".repeat(5_000)}\n`, "#", "too-deep", 1],
  ["tabs", "enabled: true\nenvironments:\n\tstaging: 1\n", "#", "tab-indentation", 3],
])(
  "PUT refuses a text with %s with 400, and says on which line",
  async (_what, body, pointer, code, line) => {
    const api = await startService();
    for (let time = 0; time < 2; time += 1) {
      const { status, json } = await putText(api, body);
      expect([status, json.errors?.find((error: { code: string }) => error.code === code)]).toEqual(
        [400, expect.objectContaining({ pointer: expect.stringContaining(pointer), line })],
      );
    }
    expect(Object.prototype).not.toHaveProperty("a");
  },
);

test.each([
  ["null", "null", 400],
  ["a list", "[]", 400],
  ["nothing", "", 400],
  ["half of JSON", '{"enabled":', 400],
  ["a duplicate key", '{"enabled":true,"enabl\\u0065d":false}', 400],
  ["__proto__", '{"enabled":true,"__proto__":{"polluted":1}}', 400],
  ["deep lists", `{"enabled":true,"rules":${"[".repeat(15_000)}${"]".repeat(15_000)}}`, 400],
  ["64 KiB and more", `{"enabled":true,"description":"${"x".repeat(65_536)}"}`, 413],
])("PUT refuses a JSON body of %s", async (_what, body, expected) => {
  const api = await startService();
  const headers = { "Content-Type": "application/json" };
  const { status, json } = await put(api, body, { headers });
  expect(status).toBe(expected);
  if (status === 413) expect(json.detail).toBe("Cannot read a body of more than 64 KiB");
  expect({}).not.toHaveProperty("polluted");
});

test.each([
  [undefined, 415],
  ["text/plain", 415],
  ["application/yaml; charset=latin1", 415],
  ["application/json; charset=utf-16", 415],
  ["application/yaml; charset=UTF-8", 200],
])("PUT with the Content-Type %j is %d", async (type, status) => {
  const api = await startService();
  const headers = type === undefined ? {} : { "Content-Type": type };
  expect((await put(api, text, { headers })).status).toBe(status);
});

test("PUT refuses bytes that are not UTF-8, and a text of more than 64 KiB", async () => {
  const api = await startService();
  const headers = { "Content-Type": "application/yaml" };
  const bytes = Buffer.from("enabled: true # \xff\n", "latin1");
  const refused = await put(api, bytes, { headers });
  expect([refused.status, refused.json.errors[0].code]).toEqual([400, "invalid-utf8"]);
  const long = `enabled: true\n${"# more\n".repeat(10_000)}`;
  expect((await put(api, long, { headers })).status).toBe(413);
});

test.each([
  "NO",
  "on",
  "4.10",
  "010",
  "12:30",
  "~",
  "null",
  "1e3",
  "2027-01-01",
  "a: b",
  "# x",
  "é",
  "",
])("PUT of JSON keeps the text %j as text", async (note) => {
  const api = await startService();
  const body = { ...values, metadata: { note } };
  const answer = await put(api, body);
  expect([answer.status, answer.json]).toEqual([200, body]);
  expect((await api.ask(`GET ${path}`)).json).toEqual(body);
});

test("definitions count towards the writes of a minute", async () => {
  const api = await startService({ env: { FLAGS_WRITES_PER_MINUTE: "2" } });
  const statuses = [
    await put(api, values),
    await api.ask(`PUT ${meal}`, { body: { enabled: true } }),
    await put(api, values),
  ].map(({ status }) => status);
  expect(statuses).toEqual([200, 200, 429]);
});
