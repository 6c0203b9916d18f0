import { describe, expect, test } from "vitest";
import { resolveRevision } from "../../../store/commit/revisions.ts";
import { testRepository } from "../../git/repository.ts";

/** A clone on `main`, with `origin`, and a tag of every name that a branch has. */
function tagged() {
  const origin = testRepository();
  const first = origin.change(1_725_105_600, { "flags/a.yaml": "enabled: true\n" });
  const second = origin.change(1_725_105_660, { "flags/a.yaml": "enabled: false\n" });
  origin.git("branch", "release", first);
  const clone = origin.clone();
  const own = clone.change(1_725_105_720, { "flags/a.yaml": "enabled: true\n" });
  for (const name of ["origin/main", "HEAD"]) clone.git("update-ref", `refs/tags/${name}`, first);
  clone.git("update-ref", "refs/tags/main", first);
  clone.git("update-ref", "refs/tags/release", own);
  clone.git("update-ref", "refs/tags/v1", second);
  return { directory: clone.directory, first, second, own };
}

describe("resolveRevision()", () => {
  test.each([
    ["main", "own"],
    ["main~1", "second"],
    ["main^", "second"],
    ["HEAD", "own"],
    ["HEAD~2", "first"],
    // A branch of the remote only.
    ["release", "first"],
    ["origin/main", "second"],
    ["origin/main~1", "first"],
    ["v1", "second"],
    ["refs/tags/main", "first"],
    ["refs/heads/main", "own"],
  ] as const)("finds the branch for %s, also if a tag has its name", async (revision, expected) => {
    const { directory, ...commits } = tagged();
    expect(await resolveRevision(directory, revision)).toBe(commits[expected]);
  });

  test("names the branches if there is none of this name", async () => {
    const { directory } = tagged();
    await expect(resolveRevision(directory, "mian")).rejects.toThrow(
      `Cannot find "mian" in "${directory}": there is no such commit; branches here: main`,
    );
  });

  test("says to fetch if the clone has commits and no branches", async () => {
    const repository = testRepository();
    repository.change(1_725_105_600, { "flags/a.yaml": "enabled: true\n" });
    repository.git("checkout", "--quiet", "--detach");
    repository.git("branch", "--delete", "--force", "main");
    await expect(resolveRevision(repository.directory, "main")).rejects.toThrow(
      'there is no such commit; this clone has no branches: run "git fetch origin"',
    );
  });

  test("finds full and short ids", async () => {
    const { directory, first } = tagged();
    expect(await resolveRevision(directory, first)).toBe(first);
    expect(await resolveRevision(directory, first.slice(0, 9))).toBe(first);
  });
});
