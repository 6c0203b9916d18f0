import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { findChangelogError } from "../../scripts/package/changelog.ts";
import { temporaryDirectory } from "../git/repository.ts";

function program(changesets: readonly string[]): string {
  const directory = temporaryDirectory();
  writeFileSync(path.join(directory, "CHANGELOG.md"), "# bunting\n\n## 1.2.0\n\nFaster.\n");
  mkdirSync(path.join(directory, ".changeset"));
  for (const name of changesets) writeFileSync(path.join(directory, ".changeset", name), "");
  return directory;
}

test("findChangelogError() finds none if the changelog describes the version and no changeset is left", () => {
  expect(findChangelogError(program(["README.md", "config.json"]), "1.2.0")).toBeUndefined();
});

test.each([
  [
    "changesets that are left",
    ["config.json", "one.md", "two.md"],
    "1.2.0",
    /lacks 2 changesets of .*\n {2}hint: run npx changeset version,/,
  ],
  ["a version that is not described", [], "1.2", /does not describe it$/],
] as const)("findChangelogError() finds %s", (_what, changesets, version, error) => {
  expect(findChangelogError(program(changesets), version)).toMatch(error);
});
