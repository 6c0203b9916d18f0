/** Conditional and repeated changes. */
import { beforeAll, describe, expect, test } from "vitest";
import { allowsWrite, isNotModified } from "../../../server/http/conditions.ts";
import { type OwnApi, startProcess, startService } from "../setup/api.ts";
import { Remote } from "../setup/remote.ts";
import { TestTokens } from "../setup/tokens.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;

const tag = '"0123456789abcdef0123456789abcdef"';

/** RFC 9110, sections 13.1.1 and 13.1.2. */
describe("allowsWrite()", () => {
  test.each([
    [undefined, undefined, true, true],
    ["*", undefined, true, false],
    [" * ", undefined, true, false],
    [tag, undefined, true, false],
    [`"other", ${tag}`, undefined, true, false],
    [`"other",${tag}`, undefined, true, false],
    [`W/${tag}`, undefined, false, false],
    ['"other"', undefined, false, false],
    [tag.slice(1, -1), undefined, false, false],
    ["garbage", undefined, false, false],
    ["", undefined, false, false],
    [undefined, "*", false, true],
    [undefined, tag, false, true],
    [undefined, `W/${tag}`, false, true],
    [undefined, `"other", W/${tag}`, false, true],
    [undefined, '"other"', true, true],
    [undefined, "garbage", true, true],
    [undefined, "", true, true],
    [tag, '"other"', true, false],
    [tag, tag, false, false],
    ['"other"', '"other"', false, false],
  ])("If-Match %j and If-None-Match %j: %s, and %s of nothing", (match, none, of, ofNothing) => {
    expect(allowsWrite(match, none, tag)).toBe(of);
    expect(allowsWrite(match, none, undefined)).toBe(ofNothing);
  });
});

test("isNotModified() reads a header of any length fast", () => {
  for (const part of ['"', '","', 'W/"', "W/", '"a', " ", "*"]) {
    const started = performance.now();
    expect(isNotModified(part.repeat(16_000), tag)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  }
});

describe("If-Match", () => {
  let api: OwnApi;
  beforeAll(async () => {
    api = await startService();
  });
  const ask = async (method: string, path: string, headers: Record<string, string>) =>
    (await api.ask(`${method} ${path}`, { headers, body: { enabled: true } })).status;

  test("allows a change if it is the flag's ETag; otherwise answers 412", async () => {
    const { etag = "" } = (await api.ask(`GET ${meal}`)).headers;
    const { length } = api.remote;
    const put = { body: { enabled: false }, headers: { "If-Match": etag } };
    const first = await api.ask(`PUT ${meal}`, put);
    expect(first.status).toBe(200);
    const second = await api.ask(`PUT ${meal}`, { ...put, body: { enabled: true } });
    expect(second.status).toBe(412);
    expect(second.json.type).toBe("https://bunting.example/problems/precondition-failed");
    expect(api.remote.length).toBe(length + 1);

    const next = { body: { enabled: true }, headers: { "If-Match": String(first.headers.etag) } };
    expect((await api.ask(`PUT ${meal}`, next)).status).toBe(200);
  });

  test("is compared with the flag in the environment that is changed", async () => {
    const root = (await api.ask(`GET ${meal}`)).headers.etag ?? "";
    const there = (await api.ask(`GET /staging${meal}`)).headers.etag ?? "";
    expect(root).not.toBe(there);
    expect(await ask("PUT", `/staging${meal}`, { "If-Match": root })).toBe(412);
    expect(await ask("PUT", `/staging${meal}`, { "If-Match": there })).toBe(200);
  });

  test("is independent of other flags", async () => {
    const { etag = "" } = (await api.ask(`GET ${meal}`)).headers;
    await api.ask(`PUT ${list}activity_tracking`, { body: { enabled: true } });
    expect(await ask("PUT", meal, { "If-Match": etag })).toBe(200);
  });

  test("of a missing flag is a 404, as without it", async () => {
    for (const method of ["PUT", "DELETE"]) {
      expect(await ask(method, `${list}none`, { "If-Match": tag })).toBe(404);
      expect(await ask(method, `${list}none`, { "If-None-Match": "*" })).toBe(404);
    }
  });

  test.each([
    ["DELETE", { "If-Match": '"other"' }],
    ["DELETE", { "If-None-Match": "*" }],
    ["PUT", { "If-None-Match": "*" }],
    ["PUT", { "If-Match": "garbage" }],
    ["PUT", { "If-Match": "" }],
  ])("%s with %j is a 412, and no commit", async (method, headers) => {
    const { head } = api.remote;
    expect(await ask(method, meal, headers)).toBe(412);
    expect(api.remote.head).toBe(head);
  });

  test("is checked even if nothing would change", async () => {
    const { enabled } = (await api.ask(`GET ${meal}`)).json;
    const stale = { body: { enabled }, headers: { "If-Match": '"other"' } };
    expect((await api.ask(`PUT ${meal}`, stale)).status).toBe(412);
  });

  test("If-None-Match: * creates a flag only if it does not exist", async () => {
    const post = { body: { name: "only_once" }, headers: { "If-None-Match": "*" } };
    expect((await api.ask(`POST ${list}`, post)).status).toBe(201);
    expect((await api.ask(`POST ${list}`, post)).status).toBe(412);
  });

  test("of one ETag twice at once is one 200, one 412 and one commit", async () => {
    const { etag = "" } = (await api.ask(`GET ${list}user_notifications`)).headers;
    const { length } = api.remote;
    const put = (description: string) =>
      api.ask(`PUT ${list}user_notifications`, {
        body: { description },
        headers: { "If-Match": etag },
      });
    const answers = await Promise.all([put("One"), put("Other")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(api.remote.length).toBe(length + 1);
    const [won] = answers.filter(({ status }) => status === 200);
    expect((await api.ask(`GET ${list}user_notifications`)).text).toBe(won?.text);
  });

  test("fetches a person's commit that the server does not have yet", async () => {
    const { etag = "" } = (await api.ask(`GET ${list}user_notifications`)).headers;
    api.remote.push({ "flags/platform/user_notifications.yaml": "enabled: false\n" });
    const put = { body: { enabled: false }, headers: { "If-Match": etag } };
    expect((await api.ask(`PUT ${list}user_notifications`, put)).status).toBe(412);
  });
});

describe("Idempotency-Key", () => {
  const key = { "Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324" };
  const cases: [what: string, body: object][] = [
    [`POST ${list}`, { name: "new_feature", description: "New" }],
    [`PUT ${meal}`, { enabled: false }],
    [`PUT /staging${meal}`, { enabled: true }],
    // Changes nothing.
    [`PUT ${meal}`, { enabled: true }],
  ];

  test("DELETE sent again does not delete a flag that was created again", async () => {
    const api = await startService();
    const remove = () => api.ask(`DELETE ${meal}`, { headers: key });
    const first = await remove();
    expect(first.status).toBe(204);
    await api.ask(`POST ${list}`, { body: { name: "meal_planning", description: "Another" } });
    const second = await remove();
    expect(second.status).toBe(204);
    expect(second.headers["bunting-commit"]).toBe(first.headers["bunting-commit"]);
    expect((await api.ask(`GET ${meal}`)).json.description).toBe("Another");
    expect(api.remote.length).toBe(3);
  });

  test.each(cases)(
    "%s sent again gets the same answer, and makes one commit",
    async (what, body) => {
      const api = await startService();
      const first = await api.ask(what, { headers: key, body });
      await api.ask(`PUT ${list}activity_tracking`, { body: { enabled: true } });
      const second = await api.ask(what, { headers: key, body });
      expect(first.status).toBeLessThan(300);
      const { status, text } = first;
      expect(second).toMatchObject({ status, text });
      for (const name of ["etag", "bunting-commit", "location"])
        expect(second.headers[name]).toBe(first.headers[name]);
      expect(api.remote.length).toBe(3);
    },
  );

  test.each(cases)(
    "%s sent twice at once gets one answer, and makes one commit",
    async (what, body) => {
      const api = await startService();
      const ask = () => api.ask(what, { headers: key, body });
      const answers = await Promise.all([ask(), ask(), ask()]);
      expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
      expect(new Set(answers.map(({ headers }) => headers["bunting-commit"])).size).toBe(1);
      expect(answers[0]?.status).toBeLessThan(300);
      expect(api.remote.length).toBe(2);
    },
  );

  test("of a whole object that was sent back is answered again, although its times are old", async () => {
    const api = await startService();
    const { json } = await api.ask(`GET ${meal}`);
    const put = () => api.ask(`PUT ${meal}`, { headers: key, body: { ...json, enabled: false } });
    const first = await put();
    const second = await put();
    expect({ status: second.status, text: second.text }).toEqual({ status: 200, text: first.text });
    expect(api.remote.length).toBe(2);
  });

  test("with If-Match is answered again, although it changed the flag", async () => {
    const api = await startService();
    const { etag = "" } = (await api.ask(`GET ${meal}`)).headers;
    const put = () =>
      api.ask(`PUT ${meal}`, { headers: { ...key, "If-Match": etag }, body: { enabled: false } });
    expect((await put()).status).toBe(200);
    expect((await put()).status).toBe(200);
    expect(api.remote.length).toBe(2);
  });

  test("is known after a restart, and after the flag is deleted", async () => {
    const given = { remote: new Remote(), tokens: new TestTokens() };
    const body = { enabled: false };
    const before = await startProcess(given);
    const first = await before.ask(`PUT ${meal}`, { headers: key, body });
    expect(await before.program.end("SIGKILL")).toBe(null);

    const api = await startService(given);
    await api.ask(`DELETE ${meal}`);
    const second = await api.ask(`PUT ${meal}`, { headers: key, body });
    expect({ status: second.status, text: second.text }).toEqual({ status: 200, text: first.text });
    expect(api.remote.length).toBe(3);
  });

  test("with another request is a 409, and no commit", async () => {
    const api = await startService();
    await api.ask(`PUT ${meal}`, { headers: key, body: { enabled: false } });
    const others: [what: string, body: object][] = [
      [`PUT ${meal}`, { enabled: true }],
      [`PUT ${list}activity_tracking`, { enabled: false }],
      [`PUT /staging${meal}`, { enabled: false }],
      [`POST ${list}`, { name: "another" }],
    ];
    for (const [what, body] of others) {
      const { status, json } = await api.ask(what, { headers: key, body });
      expect({ status, type: json.type }).toEqual({
        status: 409,
        type: "https://bunting.example/problems/idempotency-key-reused",
      });
    }
    expect(api.remote.length).toBe(2);
  });

  test("is separate for each token", async () => {
    const api = await startService();
    const body = { enabled: false };
    expect((await api.ask(`PUT ${meal}`, { headers: key, body })).status).toBe(200);
    const other = { as: "editor", headers: key, body: { enabled: true } };
    expect((await api.ask(`PUT ${meal}`, other)).status).toBe(200);
    expect(api.remote.length).toBe(3);
  });

  test("is in the commit as a hash only", async () => {
    const api = await startService();
    await api.ask(`PUT ${meal}`, { headers: key, body: { enabled: false } });
    expect(api.remote.show("%B")).not.toContain(key["Idempotency-Key"]);
    expect(api.remote.show("%B")).toMatch(/^Idempotency-Key: [0-9a-f]{64} [0-9a-f]{64}$/m);
  });

  test.each(["", "a b", "x".repeat(256), "caf\xe9"])("%j is a 400", async (value) => {
    const api = await startService();
    const headers = { "Idempotency-Key": value };
    const { status } = await api.ask(`PUT ${meal}`, { headers, body: { enabled: false } });
    expect(status).toBe(400);
    expect(api.remote.length).toBe(1);
  });
});
