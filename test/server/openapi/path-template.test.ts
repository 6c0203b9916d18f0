import { expect, test } from "vitest";
import { routeOf, routeTemplates } from "../../../server/openapi/path-template.ts";

test.each(routeTemplates)("routeOf() returns %s for a path of this template", (template) => {
  const path = template.replaceAll(/\{\w+\}/g, "some-value");
  expect(routeOf(path)).toBe(template);
  expect(routeOf(`${path}?limit=1`)).toBe(template);
});

test.each([
  "/",
  "/v1",
  "/v1/feature-flags",
  "/v1/flagdxjson",
  "/v1/changes/1/2",
  "/a/b/v1/flagd.json",
])('routeOf() returns "other" for %s, which no route has', (path) => {
  expect(routeOf(path)).toBe("other");
});
