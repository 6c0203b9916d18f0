import { describe, expect, test } from "vitest";
import { defaultProject } from "../../../schema/project/project.ts";
import { hintFor, repeatHint } from "../../../server/errors/hints.ts";
import { startService } from "../setup/api.ts";

const list = "/v1/feature-flags/";

test("repeatHint() says how to repeat a request with and without an Idempotency-Key", () => {
  expect(repeatHint(true)).toBe(
    "; repeat the request with the same Idempotency-Key: the change is not made twice",
  );
  expect(repeatHint(false)).toBe(
    "; read the flag before you repeat the request; with an Idempotency-Key, a request can be repeated safely",
  );
});

describe("hintFor()", () => {
  const names = ["activity_tracking", "meal_planning", "user_notifications"];
  test.each([
    ["/v1/feature-flags", list],
    ["/V1/Feature-Flags/", list],
    [`${list}meal_planing`, `${list}meal_planning`],
    [`${list}Meal_Planning`, `${list}meal_planning`],
    [`/stagging${list}`, `/staging${list}`],
    [`/stagging${list}meal_planning`, `/staging${list}meal_planning`],
    ["/staging/v1/feature-flags", `/staging${list}`],
    [`/application${list}`, list],
    [`${list}meal_planing/history`, `${list}meal_planning/history`],
    [`${list}meal_planing/definition`, `${list}meal_planning/definition`],
    ["/stagging/v1/flagd.json", "/staging/v1/flagd.json"],
    ["/application/v1/definitions.json", "/v1/definitions.json"],
    ["/V1/Overview", "/v1/overview"],
  ])("of %s leads to %s", (path, near) => {
    expect(hintFor(defaultProject, path, names)).toBe(`; did you mean "${near}"?`);
  });

  test.each([
    list,
    `${list}meal_planning`,
    `${list}something_else_entirely`,
    `/elsewhere${list}`,
    `${list}../x`,
    `/stagging${list}meal_planing/definition`,
    "/v1/changes/x/y",
    `${list}%6deal_planning`,
    `${list}${"a".repeat(10_000)}`,
    "/v1",
    "/",
    "//v1/feature-flags/",
  ])("of %.40s is empty", (path) => {
    expect(hintFor(defaultProject, path, names)).toBe("");
  });

  test("is not searched among ten thousand names", () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `name_${index}`);
    expect(hintFor(defaultProject, `${list}name_x`, many)).toBe("");
    expect(hintFor(defaultProject, "/v1/feature-flags", many)).not.toBe("");
  });
});

test("a 404 of a path without a similar one says where the paths are listed", async () => {
  const api = await startService();
  const { status, json } = await api.ask("GET /");
  expect(status).toBe(404);
  expect(json.detail).toBe(
    'Cannot find "/": nothing is served there; GET /openapi.json lists the paths',
  );
  expect((await api.ask("GET /openapi.json")).status).toBe(200);
});

test("a 404 suggests the similar path, for any method", async () => {
  const api = await startService();
  const wanted = `did you mean "${list}meal_planning"?`;
  for (const method of ["GET", "PUT", "DELETE"]) {
    const { status, json } = await api.ask(`${method} ${list}meal_planing`, {
      body: method === "PUT" ? { enabled: true } : undefined,
    });
    expect(status).toBe(404);
    expect(json.detail).toContain(wanted);
  }
  const { text } = await api.ask(`GET ${list}meal_planing`, { as: null });
  expect(text, "who has no token learns no names").not.toContain("meal_planning");
});
