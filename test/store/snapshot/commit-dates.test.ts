/** Commits with impossible dates: they are served, and served times never decrease. */
import { describe, expect, test } from "vitest";
import { compile } from "../../../schema/compile/compile.ts";
import type { Snapshot } from "../../../schema/flag/snapshot.ts";
import { applyCommitsToSnapshot } from "../../../store/snapshot/apply-commits.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { type TestRepository, testRepository } from "../../git/repository.ts";

const file = "flags/a.yaml";
const [on, off] = ["enabled: true\n", "enabled: false\n"];
const start = 1_725_105_600;

async function snapshotOf({ directory }: TestRepository, commit: string): Promise<Snapshot> {
  const { snapshot } = await (await Repository.open(directory)).read(commit, "");
  if (!snapshot) throw new Error(`Cannot read ${commit}`);
  return snapshot;
}

/** A commit with any text as its date, made by git's plumbing commands. */
function commitDated(made: TestRepository, date: string, enabled: string): string {
  made.write({ [file]: enabled });
  made.git("add", "--all");
  const parent = made.git("rev-parse", "HEAD");
  const person = "Eve <eve@example.com>";
  const input = [
    `tree ${made.git("write-tree")}`,
    `parent ${parent}`,
    `author ${person} ${start} +0000`,
    `committer ${person} ${date}`,
    "",
    "Odd date\n",
  ].join("\n");
  const args = ["hash-object", "-t", "commit", "--literally", "-w", "--stdin"];
  const commit = made.run(args, { input });
  made.git("reset", "--quiet", "--hard", commit);
  return commit;
}

describe("a commit dated", () => {
  test.each([
    ["at 0", "0 +0000", "2024-08-31T12:00:00Z"],
    ["before 1970", "-86400 +0000", "2024-08-31T12:00:00Z"],
    ["ten minutes ahead", `${start + 600} +0000`, "2024-08-31T12:10:00Z"],
    ["in the last second of the year 9999", "253402300799 +0000", "9999-12-31T23:59:59Z"],
    ["in the year 10000", "253402300800 +0000", "9999-12-31T23:59:59Z"],
    ["beyond what Date holds", "8640000000001 +0000", "9999-12-31T23:59:59Z"],
    ["beyond 64 bits", "99999999999999999999 +0000", expect.stringMatching(/^(2024|9999)-/)],
    ["by no number", "yesterday +0000", "2024-08-31T12:00:00Z"],
    ["by nothing", "", "2024-08-31T12:00:00Z"],
  ])("%s is served, and so is the one after it", async (_what, date, expected) => {
    const made = testRepository();
    const first = made.change(start, { [file]: on });
    const odd = commitDated(made, date, off);
    const next = made.change(start + 60, { [file]: on });
    const before = await snapshotOf(made, first);
    const snapshot = await snapshotOf(made, odd);
    expect(snapshot.updated_at).toEqual(expected);
    expect(snapshot.flags[0]?.updated_at).toEqual(expected);
    const later = await snapshotOf(made, next);
    expect(later.updated_at >= snapshot.updated_at).toBe(true);
    for (const one of [snapshot, later]) compile(one);
    // The same with a known history.
    const [updates, all] = await Promise.all([
      applyCommitsToSnapshot(made.directory, before, odd),
      applyCommitsToSnapshot(made.directory, before, next),
    ]);
    expect(updates).toEqual(snapshot);
    expect(all).toEqual(later);
    const page = { limit: 5, skip: 0 };
    const repository = await Repository.open(made.directory);
    const changes = await repository.changesOf(next, "a", page);
    const times = changes.map(({ changed_at }) => changed_at);
    expect(times).toEqual([later.updated_at, snapshot.updated_at, before.updated_at]);
  });
});

test("times depend on the line of the branch, not on dates of merged commits", async () => {
  const made = testRepository();
  made.change(start, { [file]: on });
  made.switch("work");
  made.change(start + 999_999, { [file]: off });
  made.switch("main");
  const head = made.merge(start + 60, "work");
  expect((await snapshotOf(made, head)).updated_at).toBe("2024-08-31T12:01:00Z");
});
