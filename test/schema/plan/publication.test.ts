import { describe, expect, test } from "vitest";
import { compile } from "../../../schema/compile/compile.ts";
import { formatManifest, parseManifest } from "../../../schema/compile/manifest.ts";
import type { Release } from "../../../schema/compile/release.ts";
import { isList, isPathOf, pathOf } from "../../../schema/compile/urls.ts";
import { type PublishedObject, planPublication } from "../../../schema/plan/publication.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { decisionsOf } from "../snapshots.ts";

const { environments } = defaultProject;

const commit = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432";
const at = "2026-01-01T00:00:00Z";

/** A release of flags that are on or off, in `application` or in each environment. */
function release(flags: Readonly<Record<string, boolean | readonly boolean[]>>): Release {
  const all = Object.entries(flags).map(([name, states]) => ({
    name,
    description: "",
    owner: "",
    type: "release" as const,
    expires: "",
    private: false,
    metadata: {},
    requires: [],
    audiences: [],
    decisions: decisionsOf(
      Object.fromEntries(
        environments.map((environment, index) => [
          environment,
          typeof states === "boolean" ? states : states[index] === true,
        ]),
      ),
    ),
    schedules: [],
    file: `flags/${name}.yaml`,
    object: "",
    created_at: at,
    updated_at: at,
  }));
  return compile({
    commit,
    committed_at: at,
    updated_at: at,
    flags: all,
    audiences: [],
    project: defaultProject,
  });
}

function publishedObjects({ responses }: Release): Map<string, PublishedObject> {
  return new Map(
    responses.map(({ path, md5 }) => [path, { etag: md5, isModifiedElsewhere: false }]),
  );
}

function lists({ responses }: Release): Map<string, string> {
  const bodies = new Map(responses.map(({ path, body }) => [path, body]));
  return new Map(
    environments.map((name) => [name, bodies.get(pathOf(defaultProject, name)) ?? ""]),
  );
}

function plan(before: Release | undefined, after: Release) {
  if (!before) return planPublication(after, new Map(), new Map());
  return planPublication(after, publishedObjects(before), lists(before));
}

describe("planPublication()", () => {
  test("writes all objects to an empty target, the lists last", () => {
    const after = release({ meal_planning: true, food_search: false });
    const { put, remove, keep } = plan(undefined, after);
    expect(put.map(({ path }) => path).sort()).toEqual(
      after.responses.map(({ path }) => path).sort(),
    );
    expect(
      put
        .slice(-3)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(environments.map((name) => pathOf(defaultProject, name)).sort());
    expect({ remove, keep }).toEqual({ remove: [], keep: 0 });
  });

  test("writes nothing if all objects are the same", () => {
    const same = release({ meal_planning: true });
    const { put, remove, keep } = plan(same, same);
    expect({ put, remove, keep }).toEqual({ put: [], remove: [], keep: 3 * 2 + 2 });
  });

  test("writes objects that differ, are missing or were modified, and removes old ones", () => {
    const same = release({ meal_planning: true, food_search: true });
    const stands = publishedObjects(same);
    stands.set("/v1/feature-flags/meal_planning", { etag: "other", isModifiedElsewhere: false });
    stands.delete("/errors/404.json");
    const list = stands.get("/v1/feature-flags/");
    if (list) stands.set("/v1/feature-flags/", { ...list, isModifiedElsewhere: true });
    stands.set("/v1/feature-flags/left_over", { etag: "", isModifiedElsewhere: true });
    stands.set("/staging/v1/feature-flags/left_over", { etag: "", isModifiedElsewhere: false });
    const { put, remove } = planPublication(same, stands, lists(same));
    expect(put.map(({ path }) => path)).toEqual([
      "/errors/404.json",
      "/v1/feature-flags/meal_planning",
      "/v1/feature-flags/",
    ]);
    expect(remove).toEqual(["/staging/v1/feature-flags/left_over", "/v1/feature-flags/left_over"]);
  });

  test("lists flags that are toggled, added and removed in each environment", () => {
    const before = release({ both: [true, true, false], gone: true, turned: [false, true, true] });
    const after = release({ both: [false, true, true], come: true, turned: [true, true, true] });
    expect(plan(before, after).diffs).toEqual([
      {
        environment: "application",
        added: ["come"],
        removed: ["gone"],
        on: ["turned"],
        off: ["both"],
        served: 3,
      },
      { environment: "staging", added: ["come"], removed: ["gone"], on: [], off: [], served: 3 },
      {
        environment: "development",
        added: ["come"],
        removed: ["gone"],
        on: ["both"],
        off: [],
        served: 3,
      },
    ]);
  });

  test("ignores a list that no release has", () => {
    const after = release({ meal_planning: true });
    for (const body of ["", "<html>", "null", '{"flags":{"a":"b"}}']) {
      const served = new Map([["application", body]]);
      expect(planPublication(after, publishedObjects(after), served).diffs[0]).toMatchObject({
        added: ["meal_planning"],
        served: 0,
      });
    }
  });
});

describe("isPathOf()", () => {
  test.each([
    "/v1/feature-flags/",
    "/v1/feature-flags/meal_planning",
    "/staging/v1/feature-flags/a1",
    "/development/v1/feature-flags/",
  ])("is true for %s", (path) => {
    expect(isPathOf(defaultProject, path)).toBe(true);
  });

  test.each([
    "/",
    "/index.html",
    "/manifest.json",
    "/errors/404.json",
    "/v1/feature-flags",
    "/v1/feature-flags/README.md",
    "/v1/feature-flags/a/b",
    "/production/v1/feature-flags/a",
    "/application/v1/feature-flags/a",
    "/other/staging/v1/feature-flags/a",
    "v1/feature-flags/a",
    "/v1/feature-flags/../a",
  ])("is false for %s", (path) => {
    expect(isPathOf(defaultProject, path)).toBe(false);
  });
});

test("isList() is true for a list and false for a flag", () => {
  expect(
    ["/v1/feature-flags/", "/staging/v1/feature-flags/", "/v1/feature-flags/a"].map(isList),
  ).toEqual([true, true, false]);
});

describe("parseManifest()", () => {
  const whole = release({ meal_planning: true });
  const rollback = { from: commit, reason: "Zahlung kaputt 🚩" };

  test("reads what formatManifest() wrote", () => {
    const waiting = [{ flag: "meal_planning", change: "removal", served: commit }] as const;
    for (const notes of [{}, { rollback }, { allowed: "why not" }, { waiting }]) {
      const text = formatManifest(whole, notes);
      const responses = whole.responses.map(({ body: _, ...rest }) => rest);
      expect(parseManifest(text)).toEqual({
        format: 1,
        commit,
        committed_at: at,
        ...notes,
        responses,
      });
    }
  });

  const forge = (change: object) =>
    JSON.stringify({ ...JSON.parse(formatManifest(whole)), ...change });
  const response = { md5: "0".repeat(32), sha256: "", length: 0 };

  test.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["another program's", '{"name":"Meal planner","icons":[]}'],
    ["a list", "[]"],
    ["null", "null"],
    ["another format", forge({ format: 2 })],
    ["no commit", forge({ commit: undefined })],
    ["a commit that is an option", forge({ commit: "--output=x" })],
    ["a commit that is a list", forge({ commit: [commit] })],
    ["a rollback from nowhere", forge({ rollback: { reason: "x" } })],
    ["a rollback without a reason", forge({ rollback: { from: commit } })],
    ["a reason that moves the cursor", forge({ rollback: { from: commit, reason: "\u001b[2J" } })],
    ["a wait for nothing known", forge({ waiting: [{ flag: "a", change: "x", served: commit }] })],
    [
      "a wait for an option",
      forge({ waiting: [{ flag: "a", change: "removal", served: "--output=x" }] }),
    ],
    ["a wait that is none", forge({ waiting: [null] })],
    ["no responses", forge({ responses: undefined })],
    ["responses that are none", forge({ responses: [null] })],
    [
      "a path that leads outside",
      forge({ responses: [{ ...response, path: "/../v1/feature-flags/a" }] }),
    ],
    ["a path that is another's", forge({ responses: [{ ...response, path: "/index.html" }] })],
    [
      "a path of many folders",
      forge({ responses: [{ ...response, path: "/a/b/v1/feature-flags/a" }] }),
    ],
    [
      "an MD5 that is none",
      forge({ responses: [{ ...response, path: "/v1/feature-flags/a", md5: "*" }] }),
    ],
  ])("refuses %s", (_what, text) => {
    expect(parseManifest(text)).toBeUndefined();
  });

  test("keeps the paths of a removed environment, so that they are removed", () => {
    const path = "/production/v1/feature-flags/a";
    expect(parseManifest(forge({ responses: [{ ...response, path }] }))?.responses[0]?.path).toBe(
      path,
    );
  });
});
