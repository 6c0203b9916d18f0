/** Reports of clients about evaluated flags, and the counts and metrics made from them. */
import { describe, expect, test, vi } from "vitest";
import { fitsNames } from "../../../../schema/flag/name.ts";
import { defaultProject } from "../../../../schema/project/project.ts";
import { Usage } from "../../../../server/routes/usage/usage.ts";
import { type OwnApi, startService } from "../../setup/api.ts";
import { TestTokens } from "../../setup/tokens.ts";

const list = "/v1/feature-flags/";
const usage = "/v1/usage";
const report = {
  environment: "application",
  evaluations: { meal_planning: 12, activity_tracking: 3, meal_planing: 2 },
  fetches: { ok: 1, not_modified: 4, network: 2 },
  age: 41.5,
};

describe("Usage", () => {
  const isServed = (name: string) => name.startsWith("is_");
  const isAllowed = (name: string) => fitsNames(name, defaultProject);
  const clock = () => {
    let now = 1_000;
    return { now: () => now, tick: () => (now += 1_000) };
  };

  test("counts by flag and environment, with the time of the last evaluation", () => {
    const { now, tick } = clock();
    const own = new Usage(isServed, isAllowed, now);
    own.add({ environment: "application", evaluations: { is_one: 2, is_other: 1 } });
    tick();
    own.add({ environment: "application", evaluations: { is_one: 3 } });
    own.add({ environment: "staging", evaluations: { is_one: 1 } });
    expect(own.since).toBe(1_000);
    const variants = new Map();
    expect(own.served).toEqual([
      { name: "is_one", environment: "application", evaluations: 5, last: 2_000, variants },
      { name: "is_other", environment: "application", evaluations: 1, last: 1_000, variants },
      { name: "is_one", environment: "staging", evaluations: 1, last: 2_000, variants },
    ]);
  });

  test("keeps the 100 last evaluated names that no flag has", () => {
    const own = new Usage(isServed, isAllowed);
    for (let index = 0; index < 500; index += 1) {
      const evaluations = { [`not_${index}`]: 1, first: 2 };
      own.add({ environment: "application", evaluations });
    }
    expect(own.unknownTotals).toEqual(new Map([["application", 1_500]]));
    expect(own.unknown).toHaveLength(100);
    expect(own.unknown[0]).toMatchObject({ name: "first", evaluations: 1_000 });
    expect(own.unknown.map(({ name }) => name)).toContain("not_499");
    expect(own.unknown.map(({ name }) => name)).not.toContain("not_399");
  });

  test("counts invalid names without keeping them", () => {
    const own = new Usage(isServed, isAllowed);
    const names = ["Meal", "ada@example.com", "", "a b", "x".repeat(65), "__proto__", "<b>"];
    const evaluations = Object.fromEntries(names.map((name) => [name, 1]));
    Object.defineProperty(evaluations, "__proto__", { value: 1, enumerable: true });
    own.add({ environment: "application", evaluations });
    expect(own.unknownTotals).toEqual(new Map([["application", names.length]]));
    expect(own.unknown).toEqual([]);
  });

  test("follows flags that are created and deleted", () => {
    const served = new Set(["one"]);
    const own = new Usage((name) => served.has(name), isAllowed);
    own.add({ environment: "application", evaluations: { one: 1, other: 1 } });
    served.delete("one");
    served.add("other");
    expect([own.served, own.unknown]).toEqual([[], []]);
    served.add("one");
    expect(own.served, "what is forgotten was kept").toEqual([]);
  });
});

describe("POST /v1/usage", () => {
  test("is counted: GET shows count and time, /metrics the count", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-23T09:00:00.999Z") });
    const api = await startService();
    vi.setSystemTime(Date.parse("2026-11-23T10:00:00.250Z"));
    expect((await api.ask(`POST ${usage}`, { as: "reader", body: report })).status).toBe(204);
    const staging = { environment: "staging", evaluations: { meal_planning: 1 }, age: null };
    expect((await api.ask(`POST ${usage}`, { as: "reader", body: staging })).status).toBe(204);
    const last_asked_at = "2026-11-23T10:00:00Z";
    expect((await api.ask(`GET ${usage}`, { as: "reader" })).json).toEqual({
      since: "2026-11-23T09:00:00Z",
      flags: [
        {
          name: "activity_tracking",
          environments: { application: { evaluations: 3, last_asked_at } },
        },
        {
          name: "meal_planning",
          environments: {
            application: { evaluations: 12, last_asked_at },
            staging: { evaluations: 1, last_asked_at },
          },
        },
        { name: "user_notifications", environments: {} },
      ],
      unknown: [
        { name: "meal_planing", environment: "application", evaluations: 2, last_asked_at },
      ],
    });
    vi.useRealTimers();

    const { text } = await api.ask("GET /metrics");
    const values = new Map(text.split("\n").map((line) => line.split(" ") as [string, string]));
    const in_ = 'environment="application"';
    expect(values.get(`bunting_flag_evaluations_total{${in_},flag="meal_planning"}`)).toBe("12");
    expect(values.get(`bunting_unknown_flag_evaluations_total{${in_}}`)).toBe("2");
    expect(values.get(`bunting_client_fetches_total{${in_},outcome="not_modified"}`)).toBe("4");
    expect(values.get(`bunting_usage_reports_total{${in_}}`)).toBe("1");
    expect(values.get(`bunting_client_age_seconds_sum{${in_}}`)).toBe("41.5");
    expect(text).not.toContain("meal_planing");
  });

  test("of a deleted flag is no label any more", async () => {
    const api = await startService();
    await api.ask(`POST ${usage}`, { body: report });
    await api.ask(`DELETE ${list}meal_planning`);
    expect((await api.ask("GET /metrics")).text).not.toContain("meal_planning");
    expect((await api.ask(`GET ${usage}`)).text).not.toContain('"meal_planning"');
  });

  describe("is refused", () => {
    const much = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`a${index}`, 1]));
    test.each([
      ["an environment that is none", { environment: "stagging" }, "unknown-environment"],
      ["no environment", {}, "missing-key"],
      ["an unknown key", { environment: "staging", user: "ada" }, "unknown-key"],
      ["a count of 0", { environment: "staging", evaluations: { a: 0 } }, "out-of-range"],
      ["a huge count", { environment: "staging", evaluations: { a: 1e9 } }, "out-of-range"],
      ["half a count", { environment: "staging", evaluations: { a: 1.5 } }, "wrong-type"],
      ["a text for a count", { environment: "staging", evaluations: { a: "1" } }, "wrong-type"],
      ["1,001 names", { environment: "staging", evaluations: much(1_001) }, "too-many"],
      ["another outcome", { environment: "staging", fetches: { luck: 1 } }, "unknown-key"],
      ["an age before all", { environment: "staging", age: -1 }, "out-of-range"],
    ])("with %s", async (_what, body, code) => {
      api ??= await startService();
      const { status, json } = await api.ask(`POST ${usage}`, { body });
      expect({ status, codes: json.errors.map((one: { code: string }) => one.code) }).toEqual({
        status: 400,
        codes: [code],
      });
    });
    let api: OwnApi | undefined;

    test.each([
      ["text/html", "{}", 415],
      ["application/x-www-form-urlencoded", "{}", 415],
      ["text/plain;charset=latin1", "{}", 415],
      ["text/plain", "", 400],
      ["text/plain", "null", 400],
      ["text/plain", '{"environment":"staging","environment":"staging"}', 400],
      ["text/plain", `{"environment":"staging"${" ".repeat(32_768)}}`, 413],
    ])("as %s: %.20s with %i", async (type, body, status) => {
      api ??= await startService();
      const headers = { "Content-Type": type };
      expect((await api.ask(`POST ${usage}`, { body, headers })).status).toBe(status);
    });
  });

  test("of a thousand names is accepted", async () => {
    const api = await startService();
    const names = Array.from({ length: 1_000 }, (_, index) => [`name_${index}`, 1_000_000]);
    const body = { ...report, evaluations: Object.fromEntries(names) };
    expect((await api.ask(`POST ${usage}`, { body })).status).toBe(204);
    expect((await api.ask(`GET ${usage}`)).json.unknown).toHaveLength(100);
  });

  test("with a token narrowed to environments is limited to these, for writing and reading", async () => {
    const tokens = new TestTokens({ tester: { role: "reader", environments: ["staging"] } });
    const api = await startService({ tokens });
    const sendReport = (as: string, environment: string) =>
      api.ask(`POST ${usage}`, { as, body: { ...report, environment } });
    expect((await sendReport("tester", "application")).status).toBe(403);
    expect((await sendReport("tester", "staging")).status).toBe(204);
    expect((await sendReport("reader", "application")).status).toBe(204);
    const seen = (await api.ask(`GET ${usage}`, { as: "tester" })).text;
    expect(seen).toContain("staging");
    expect(seen).not.toContain('"application"');
  });
});

describe("a beacon, which has no token,", () => {
  const origin = "https://app.example";
  const beacon = (api: OwnApi, from: string | undefined, path = usage) =>
    api.ask(`POST ${path}`, {
      as: null,
      body: JSON.stringify(report),
      headers: { "Content-Type": "text/plain;charset=UTF-8", ...(from ? { Origin: from } : {}) },
    });

  test("is refused with 401 by default", async () => {
    const api = await startService({ env: { FLAGS_CORS_ORIGINS: origin } });
    expect((await beacon(api, origin)).status).toBe(401);
  });

  test("is accepted from FLAGS_CORS_ORIGINS with FLAGS_USAGE=anonymous, and nothing else is", async () => {
    const env = { FLAGS_CORS_ORIGINS: `${origin},https://other.example`, FLAGS_USAGE: "anonymous" };
    const api = await startService({ env });
    expect((await beacon(api, origin)).status).toBe(204);
    expect((await beacon(api, "https://other.example")).status).toBe(204);
    for (const from of ["https://evil.example", `${origin}.evil.example`, "null", undefined])
      expect((await beacon(api, from)).status).toBe(401);
    for (const path of [list, "/v1/usage/", "/V1/usage", "//v1/usage"])
      expect((await beacon(api, origin, path)).status, path).toBe(401);
    const headers = { Origin: origin };
    expect((await api.ask(`GET ${usage}`, { as: null, headers })).status).toBe(401);
    const wrong = { ...headers, Authorization: "Bearer wrong" };
    expect((await api.ask(`POST ${usage}`, { as: null, headers: wrong })).status).toBe(401);
    expect((await api.ask(`GET ${usage}`)).json.flags[1].environments.application.evaluations).toBe(
      24,
    );
  });

  test("cannot bring a token in the URL", async () => {
    const api = await startService();
    const path = `${usage}?access_token=${api.tokens.of("admin")}&token=${api.tokens.of("admin")}`;
    expect((await beacon(api, origin, path)).status).toBe(401);
  });

  test("is limited to 300 a minute from one address", async () => {
    const env = { FLAGS_CORS_ORIGINS: origin, FLAGS_USAGE: "anonymous" };
    const api = await startService({ env });
    const answers = await Promise.all(Array.from({ length: 301 }, () => beacon(api, origin)));
    const refused = answers.filter(({ status }) => status !== 204);
    expect(refused.map(({ status }) => status)).toEqual([429]);
    expect(Number(refused[0]?.headers["retry-after"])).toBeGreaterThan(0);
  });
});
