import { describe, expect, test } from "vitest";
import { invalidationPaths } from "../../../store/cdn/cloudfront.ts";

function paths(count: number, folder = ""): string[] {
  return Array.from({ length: count }, (_, at) => `${folder}/v1/feature-flags/flag_${at}`);
}

describe("invalidationPaths()", () => {
  test("keeps up to 1,000 paths", () => {
    expect(invalidationPaths([])).toEqual([]);
    expect(invalidationPaths(paths(1_000))).toEqual(paths(1_000));
  });

  test("replaces more of them by their folders", () => {
    const many = [...paths(600), ...paths(600, "/staging")];
    expect(invalidationPaths(many)).toEqual(["/v1/feature-flags/*", "/staging/v1/feature-flags/*"]);
  });

  test("uses one wildcard if CloudFront would refuse so many", () => {
    const folders = Array.from({ length: 16 }, (_, at) => `/env${at}`);
    expect(invalidationPaths(folders.flatMap((folder) => paths(100, folder)))).toEqual(["/*"]);
    expect(invalidationPaths(folders.map((folder) => `${folder}/*`))).toEqual(["/*"]);
  });
});
