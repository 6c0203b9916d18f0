import { expect, test } from "vitest";
import { outputs } from "../../../schema/compile/outputs.ts";
import {
  contentTypeOf,
  fileOf,
  isFetched,
  isIndex,
  isPathOf,
  outputPath,
  parsePath,
  pathOf,
  pathOfFile,
} from "../../../schema/compile/urls.ts";

const project = { environments: ["production", "qa", "eu-1"] };

const paths: [path: string, kind: string, folder: string, name: string, file: string][] = [
  ["/v1/feature-flags/", "list", "", "", "v1/feature-flags/index.json"],
  ["/qa/v1/feature-flags/", "list", "qa", "", "qa/v1/feature-flags/index.json"],
  ["/v1/feature-flags/new-cart", "flag", "", "new-cart", "v1/feature-flags/new-cart.json"],
  [
    "/eu-1/v1/feature-flags/NEW_CART",
    "flag",
    "eu-1",
    "NEW_CART",
    "eu-1/v1/feature-flags/NEW_CART.json",
  ],
  ["/v1/definitions.json", "definitions", "", "", "v1/definitions.json"],
  ["/qa/v1/flagd.json", "flagd", "qa", "", "qa/v1/flagd.json"],
  ["/v1/openfeature.json", "openfeature", "", "", "v1/openfeature.json"],
  ["/errors/404.json", "error", "", "404", "errors/404.json"],
  ["/manifest.json", "manifest", "", "", "manifest.json"],
];

test.each(paths)("parsePath() and fileOf() know %s", (path, kind, folder, name, file) => {
  expect(parsePath(path)).toEqual({ kind, folder, name });
  expect(fileOf(path)).toBe(file);
  expect(pathOfFile(file)).toBe(path);
});

test("the paths of the tests have every kind of output", () => {
  expect([...new Set(paths.map(([, kind]) => kind))].sort()).toEqual(Object.keys(outputs).sort());
});

test.each([
  "",
  "/",
  "/v1/feature-flags",
  "/v1/feature-flags/a/",
  "/v1/feature-flags/a.b",
  "/v1/feature-flags/../a",
  "/v1/feature-flags/a\n",
  "/v1/feature-flags/123",
  `/v1/feature-flags/${"a".repeat(129)}`,
  "/QA/v1/feature-flags/a",
  "//v1/feature-flags/a",
  "/errors/x.json",
  "/errors/4040.json",
  "/qa/manifest.json",
])("parsePath() is undefined for %j", (path) => {
  expect(parsePath(path)).toBeUndefined();
  expect(() => contentTypeOf(path)).toThrow("no release has such a path");
});

test("pathOf() puts the first environment at the root", () => {
  expect(pathOf(project, "production")).toBe("/v1/feature-flags/");
  expect(pathOf(project, "qa", "cart")).toBe("/qa/v1/feature-flags/cart");
  expect(outputPath(project, "eu-1", outputs.definitions)).toBe("/eu-1/v1/definitions.json");
});

test("isPathOf() is true for paths of the project's environments only", () => {
  const own = ["/v1/feature-flags/", "/qa/v1/feature-flags/a", "/eu-1/v1/flagd.json"];
  expect(own.filter((path) => isPathOf(project, path))).toEqual(own);
  const others = [
    "/production/v1/feature-flags/",
    "/staging/v1/feature-flags/a",
    "/errors/404.json",
    "/manifest.json",
    "/index.html",
  ];
  expect(others.filter((path) => isPathOf(project, path))).toEqual([]);
});

test("the table has the order, the use and the type of each output", () => {
  expect(paths.filter(([path]) => isIndex(path)).map(([, kind]) => kind)).not.toContain("flag");
  expect(paths.filter(([path]) => !isFetched(path)).map(([, kind]) => kind)).toEqual(["error"]);
  expect(contentTypeOf("/errors/404.json")).toBe("application/problem+json");
  expect(contentTypeOf("/v1/feature-flags/a")).toBe("application/json");
});
