/** Reads by the specification, over real HTTP. */
import { beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, startService } from "../../setup/api.ts";
import { beganAt, Remote } from "../../setup/remote.ts";

let api: OwnApi;
/** A server without allowed origins. */
let closed: OwnApi;
beforeAll(async () => {
  api = await startService({ env: { FLAGS_CORS_ORIGINS: "https://app.example" } });
  closed = await startService({ remote: api.remote });
});

describe("GET /v1/feature-flags/", () => {
  test("answers with every flag, sorted, as the specification has it", async () => {
    const { status, headers, text } = await api.ask("GET /v1/feature-flags/", { as: "reader" });
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json");
    expect(text).toBe(
      `{"environment":"application","flags":{"activity_tracking":false,"meal_planning":true,"user_notifications":true},"updated_at":"${beganAt}"}`,
    );
  });

  test.each([
    ["staging", { activity_tracking: false, meal_planning: false, user_notifications: true }],
    ["development", { activity_tracking: false, meal_planning: true, user_notifications: true }],
  ])("answers below /%s/ with the state there", async (environment, states) => {
    const { json } = await api.ask(`GET /${environment}/v1/feature-flags/`);
    expect(json).toEqual({ environment, flags: states, updated_at: beganAt });
  });

  test("answers with an empty list if there are no flags", async () => {
    const empty = await startService({ remote: new Remote({ "README.md": "Flags\n" }) });
    const { json } = await empty.ask("GET /v1/feature-flags/");
    expect(json).toMatchObject({ environment: "application", flags: {} });
  });
});

describe("GET /v1/feature-flags/{flag_name}", () => {
  test("answers with the flag as the specification has it", async () => {
    const { status, headers, text } = await api.ask("GET /v1/feature-flags/meal_planning");
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("application/json");
    expect(text).toBe(
      `{"name":"meal_planning","enabled":true,"description":"Enable meal planning features","created_at":"${beganAt}","updated_at":"${beganAt}"}`,
    );
  });

  test("answers below /staging/ with the state there", async () => {
    const { json } = await api.ask("GET /staging/v1/feature-flags/meal_planning");
    expect(json).toMatchObject({ name: "meal_planning", enabled: false });
  });

  test("answers 404 for a flag that is not there", async () => {
    const { status, json } = await api.ask("GET /v1/feature-flags/meal_planing");
    expect(status).toBe(404);
    expect(json.detail).toContain("meal_planing");
  });
});

/** Another spelling of a URL is another URL, which is not served, so that no cache stores a response twice. */
describe("strict routing answers 404 for", () => {
  test.each([
    "/v1/feature-flags",
    "/V1/feature-flags/",
    "/v1/Feature-Flags/",
    "/v1/feature-flags//",
    "//v1/feature-flags/",
    "/v1//feature-flags/",
    "/v1/feature-flags/meal_planning/",
    "/v1/feature-flags/Meal_Planning",
    "/v1/feature-flags/meal%5Fplanning",
    "/v1/feature-flags/meal_planning/history/",
    "/v1/feature-flags/./meal_planning",
    "/v1/./feature-flags/meal_planning",
    "/application/v1/feature-flags/",
    "/stagging/v1/feature-flags/",
    "/Staging/v1/feature-flags/",
    "/v1/feature-flags/;a=b",
    "/",
    "/v1/",
    "/manifest.json",
    "/healthz/",
    "/Healthz",
  ])("%s", async (path) => {
    expect((await api.ask(`GET ${path}`)).status).toBe(404);
  });

  test("PUT with an escaped name, like GET", async () => {
    const put = await api.ask("PUT /v1/feature-flags/meal%5Fplanning", {
      body: { enabled: false },
    });
    expect(put.status).toBe(404);
    const { status } = await api.ask("GET /v1/feature-flags/meal%5Fplanning/history");
    expect(status).toBe(404);
  });
});

test("a query has no effect, and no token is read from it", async () => {
  const plain = await api.ask("GET /v1/feature-flags/");
  const { status, text } = await api.ask("GET /v1/feature-flags/?at=HEAD");
  expect({ status, text }).toEqual({ status: 200, text: plain.text });
  const token = api.tokens.of("admin");
  for (const key of ["access_token", "token", "authorization"]) {
    const answer = await api.ask(`GET /v1/feature-flags/?${key}=${token}`, { as: null });
    expect(answer.status).toBe(401);
  }
});

const urls = [
  "/v1/feature-flags/",
  "/v1/feature-flags/meal_planning",
  "/staging/v1/feature-flags/",
  "/staging/v1/feature-flags/meal_planning",
  "/errors/404.json",
  "/v1/feature-flags/meal_planning/history",
  "/metrics",
  "/openapi.json",
  "/healthz",
  "/readyz",
];

test.each(urls)("HEAD %s answers like GET, without a body", async (path) => {
  const get = await api.ask(`GET ${path}`);
  const head = await api.ask(`HEAD ${path}`);
  expect(head.text).toBe("");
  expect(head.status).toBe(200);
  // The length of a body that differs for each request is not checked.
  const skip = path === "/metrics" || path === "/readyz" ? ["content-length"] : [];
  expect(findDifferentHeaders(head.headers, get.headers, skip)).toEqual([]);
});

test("HEAD of a list that accepts a stream ends like any other", async () => {
  const headers = { Accept: "text/event-stream" };
  const { status, text } = await api.ask("HEAD /v1/feature-flags/", { headers });
  expect({ status, text }).toEqual({ status: 200, text: "" });
});

test.each(["PATCH", "OPTIONS", "TRACE", "PURGE", "PROPFIND", "QUERY"])(
  "%s answers 405 with Allow",
  async (method) => {
    const allowed = async (path: string) => {
      const { status, headers } = await closed.ask(`${method} ${path}`);
      expect(status).toBe(405);
      return headers.allow;
    };
    expect(await allowed("/v1/feature-flags/")).toBe("GET, HEAD, POST");
    expect(await allowed("/v1/feature-flags/meal_planning")).toBe("GET, HEAD, PUT, DELETE");
    expect(await allowed("/staging/v1/feature-flags/")).toBe("GET, HEAD");
    expect(await allowed("/staging/v1/feature-flags/meal_planning")).toBe("GET, HEAD, PUT");
    expect(await allowed("/v1/feature-flags/meal_planning/history")).toBe("GET, HEAD");
    expect(await allowed("/healthz")).toBe("GET, HEAD");
    expect(await allowed("/webhooks/github")).toBe("POST");
    expect(await allowed("/metrics")).toBe("GET, HEAD");
  },
);

test.each([
  ["POST", "/staging/v1/feature-flags/"],
  ["DELETE", "/staging/v1/feature-flags/meal_planning"],
  ["PUT", "/v1/feature-flags/"],
  ["DELETE", "/v1/feature-flags/"],
  ["POST", "/v1/feature-flags/meal_planning"],
  ["PUT", "/v1/feature-flags/meal_planning/history"],
  ["POST", "/metrics"],
  ["GET", "/webhooks/github"],
])("%s %s answers 405", async (method, path) => {
  expect((await api.ask(`${method} ${path}`)).status).toBe(405);
});

describe("Last-Modified", () => {
  test("is the time in the body, and of the commit if the body has none", async () => {
    const remote = new Remote();
    const file = "flags/growth/new_flag.yaml";
    remote.push({ [file]: "description: A flag\nenabled: true\nowner: growth\n" });
    const own = await startService({ remote });
    for (const path of urls.slice(0, 5)) {
      const { json, headers } = await own.ask(`GET ${path}`);
      const time = json.updated_at ?? (await own.ready()).committed_at;
      expect(headers["last-modified"], path).toBe(new Date(time).toUTCString());
    }
  });

  test("is no reason for a 304: two changes can have the same second", async () => {
    const headers = { "If-Modified-Since": new Date().toUTCString() };
    expect((await api.ask("GET /v1/feature-flags/", { headers })).status).toBe(200);
  });
});

describe("X-Request-Id", () => {
  test.each(urls)("of GET %s is the client's own", async (path) => {
    const { headers } = await api.ask(`GET ${path}`, { headers: { "X-Request-Id": "my-id.1" } });
    expect(headers["x-request-id"]).toBe("my-id.1");
  });

  const credential = ["ghp", "a".repeat(36)].join("_");
  test.each(["a b", "a\tb", "", "x".repeat(65), credential, `bnt_${"x".repeat(32)}`])(
    "%j is replaced",
    async (id) => {
      const headers = { "X-Request-Id": id };
      for (const path of urls.slice(0, 1).concat("/healthz"))
        expect((await api.ask(`GET ${path}`, { headers })).headers["x-request-id"]).toMatch(
          /^[0-9a-f]{16}-\d+$/,
        );
    },
  );
});

describe("If-None-Match", () => {
  const list = "/v1/feature-flags/";
  const etagOf = async (path: string) => (await api.ask(`GET ${path}`)).headers.etag ?? "";

  test("of an earlier answer is answered with 304, without a body", async () => {
    for (const path of [list, `${list}meal_planning`, "/errors/404.json"]) {
      const get = await api.ask(`GET ${path}`);
      const headers = { "If-None-Match": get.headers.etag };
      for (const method of ["GET", "HEAD"]) {
        const again = await api.ask(`${method} ${path}`, { headers });
        expect(again).toMatchObject({ status: 304, text: "" });
        expect(again.headers["content-type"]).toBeUndefined();
        for (const name of ["etag", "last-modified", "cache-control", "vary"])
          expect(again.headers[name]).toBe(get.headers[name]);
      }
    }
  });

  const etag = "ETAG";
  test.each([
    ["*", 304],
    [etag, 304],
    [`W/${etag}`, 304],
    [`"other", ${etag}`, 304],
    [`"other",${etag}`, 304],
    [`"a,b" , W/"c", W/${etag},`, 304],
    ['"other"', 200],
    ['"*"', 200],
    ['W/"other", "another"', 200],
    ["garbage", 200],
    ["", 200],
    ['"', 200],
  ])("%s is answered with %i", async (header, status) => {
    for (const path of [list, `${list}meal_planning`]) {
      const value = header.replace(etag, await etagOf(path));
      const headers = { "If-None-Match": value };
      expect((await api.ask(`GET ${path}`, { headers })).status).toBe(status);
    }
  });

  test("without its quotes is no entity tag", async () => {
    const bare = (await etagOf(list)).slice(1, -1);
    const { status } = await api.ask(`GET ${list}`, { headers: { "If-None-Match": bare } });
    expect(status).toBe(200);
  });

  test("of one environment never matches in another", async () => {
    const headers = { "If-None-Match": await etagOf(list) };
    expect((await api.ask(`GET /staging${list}`, { headers })).status).toBe(200);
  });
});

/** A request with an unknown `Origin` is answered by Express. */
describe.each([
  ["with origins", () => api],
  ["without", () => closed],
])("FastReads answers as Express does, %s", (_, which) => {
  const cases = urls.slice(0, 5).flatMap((path) => [
    { path, fresh: false },
    { path, fresh: true },
  ]);

  test.each(cases)("$path, known already: $fresh", async ({ path, fresh }) => {
    const here = which();
    const { etag } = (await here.ask(`GET ${path}`)).headers;
    const headers = fresh ? { "If-None-Match": etag } : {};
    const hot = await here.ask(`GET ${path}`, { headers });
    const express = await here.ask(`GET ${path}`, {
      headers: { ...headers, Origin: "https://elsewhere.example" },
    });
    for (const { headers: own } of [hot, express])
      expect(own["x-request-id"]).toMatch(/^[0-9a-f]{16}-\d+$/);
    const { status, text } = express;
    expect(hot).toMatchObject({ status, text });
    expect(status).toBe(fresh ? 304 : 200);
    expect(findDifferentHeaders(hot.headers, express.headers, ["x-request-id"])).toEqual([]);
  });
});

test("GET leaves refused reads to Express, with the same error", async () => {
  for (const headers of [{}, { Origin: "https://elsewhere.example" }]) {
    const { status, json } = await api.ask("GET /v1/feature-flags/", { as: null, headers });
    expect(status).toBe(401);
    expect(json.title).toBe("Unauthorized");
  }
});

test("every answer has the security headers for browsers", async () => {
  for (const path of [...urls, "/none"]) {
    const { headers } = await api.ask(`GET ${path}`);
    expect(headers).toMatchObject({
      "content-security-policy": "default-src 'none';frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
    });
    expect(headers["x-powered-by"]).toBeUndefined();
  }
});

test("an answer that needs a token is not kept by shared caches", async () => {
  for (const path of urls.filter((url) => !/z$/.test(url))) {
    const { headers } = await api.ask(`GET ${path}`);
    expect(headers["cache-control"], path).toMatch(/private|no-store/);
  }
  expect((await api.ask("GET /none")).headers["cache-control"]).toBe("no-store");
});

/** The headers that differ, except those that always do. */
function findDifferentHeaders(one: object, other: object, skip: readonly string[]): string[] {
  const [mine, theirs] = [one, other].map((headers) => new Map(Object.entries(headers)));
  const names = new Set([...(mine?.keys() ?? []), ...(theirs?.keys() ?? [])]);
  const always = [
    ...["date", "connection", "x-request-id", "transfer-encoding", "ratelimit"],
    ...skip,
  ];
  return [...names]
    .filter((name) => !always.includes(name) && mine?.get(name) !== theirs?.get(name))
    .map((name) => `${name}: ${mine?.get(name)} | ${theirs?.get(name)}`);
}
