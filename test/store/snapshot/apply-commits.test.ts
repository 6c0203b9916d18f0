import path from "node:path";
import { expect, test } from "vitest";
import type { Snapshot } from "../../../schema/flag/snapshot.ts";
import { CommitSize, maxTotalBytes } from "../../../store/commit/commit-size.ts";
import { treeLimits } from "../../../store/git/tree.ts";
import { createCommits, type NewCommit } from "../../../store/remote/commits.ts";
import { applyCommitsToSnapshot } from "../../../store/snapshot/apply-commits.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { testRepository } from "../../git/repository.ts";
import { off, on } from "./flag-history.ts";

test("applyCommitsToSnapshot() keeps the objects of flags that no commit changed", async () => {
  const repository = testRepository();
  const first = repository.change(1_700_000_000, {
    "flags/a/meals.yaml": on,
    "flags/a/steps.yaml": on,
  });
  const { snapshot } = await (await Repository.open(repository.directory)).read(first, "");
  const second = repository.change(1_700_000_060, { "flags/a/meals.yaml": off });
  if (!snapshot) throw new Error("Cannot test: the first commit is not valid");
  const next = await applyCommitsToSnapshot(repository.directory, snapshot, second);
  expect(next?.flags[1]).toBe(snapshot.flags[1]);
  expect(next?.flags[0]).toMatchObject({
    name: "meals",
    decisions: { application: { enabled: false } },
  });
});

test.each(["a symbolic link", "a submodule", "an executable file"])(
  "applyCommitsToSnapshot() returns undefined for %s",
  async (what) => {
    const repository = testRepository();
    const file = "flags/a/meals.yaml";
    const first = repository.change(1_700_000_000, { [file]: on, "flags/a/steps.yaml": on });
    const { snapshot } = await (await Repository.open(repository.directory)).read(first, "");
    if (!snapshot) throw new Error("Cannot test: the first commit is not valid");
    if (what === "an executable file") repository.git("update-index", "--chmod=+x", file);
    else {
      const mode = what === "a submodule" ? "160000" : "120000";
      const object = what === "a submodule" ? first : repository.git("rev-parse", `HEAD:${file}`);
      repository.git("update-index", "--cacheinfo", `${mode},${object},${file}`);
    }
    const second = repository.commitIndex(1_700_000_060);
    expect(await applyCommitsToSnapshot(repository.directory, snapshot, second)).toBeUndefined();
  },
);

test("applyCommitsToSnapshot() returns undefined for names that differ only by case", async () => {
  const repository = testRepository();
  const mixed = 'names: { pattern: "^[A-Za-z]+$" }\n';
  const first = repository.change(1_700_000_000, {
    "bunting.yaml": mixed,
    "flags/a/meals.yaml": on,
  });
  const { snapshot } = await (await Repository.open(repository.directory)).read(first, "");
  if (!snapshot) throw new Error("Cannot test: the first commit is not valid");
  const apply = (commit: string) => applyCommitsToSnapshot(repository.directory, snapshot, commit);
  const both = repository.change(1_700_000_060, { "flags/b/Meals.yaml": on });
  expect(await apply(both)).toBeUndefined();
  const renamed = repository.change(1_700_000_120, { "flags/a/meals.yaml": null });
  expect((await apply(renamed))?.flags.map(({ name }) => name)).toEqual(["Meals"]);
});

test("applyCommitsToSnapshot() returns undefined for a list that is too large", async () => {
  const repository = testRepository();
  const first = repository.change(1_700_000_000, { "flags/a/meals.yaml": on });
  const { snapshot } = await (await Repository.open(repository.directory)).read(first, "");
  const second = repository.change(1_700_000_060, { "flags/a/steps.yaml": on });
  const [meals] = snapshot?.flags ?? [];
  if (!snapshot || !meals) throw new Error("Cannot test: the first commit is not valid");
  const withOthers = (count: number): Snapshot => {
    const others = Array.from(
      { length: count },
      (_, at) => `other_${String(at).padStart(58, "0")}`,
    );
    return { ...snapshot, flags: [meals, ...others.map((name) => ({ ...meals, name }))] };
  };
  const apply = (from: Snapshot) => applyCommitsToSnapshot(repository.directory, from, second);
  expect((await apply(withOthers(13_000)))?.flags).toHaveLength(13_002);
  expect(await apply(withOthers(14_000))).toBeUndefined();
});

test("applyCommitsToSnapshot() returns undefined for definitions that are too large", async () => {
  const repository = testRepository();
  const first = repository.change(1_700_000_000, { "flags/a/meals.yaml": on });
  const { snapshot } = await (await Repository.open(repository.directory)).read(first, "");
  const second = repository.change(1_700_000_060, { "flags/a/steps.yaml": on });
  const [meals] = snapshot?.flags ?? [];
  if (!snapshot || !meals) throw new Error("Cannot test: the first commit is not valid");
  const ids = Array.from({ length: 4_000 }, (_, at) => `user-${at}-${"x".repeat(14)}`);
  const condition = ["targetingKey", "in", ids] as const;
  const rules = [{ name: "Testers", if: [condition], rollout: 100 }];
  const decisions = { ...meals.decisions, application: { enabled: true, rollout: 1, rules } };
  const withOthers = (count: number): Snapshot => {
    const others = Array.from({ length: count }, (_, at) => `other_${1_000 + at}`);
    return {
      ...snapshot,
      flags: [meals, ...others.map((name) => ({ ...meals, name, decisions }))],
    };
  };
  const apply = (from: Snapshot) => applyCommitsToSnapshot(repository.directory, from, second);
  expect((await apply(withOthers(130)))?.flags).toHaveLength(132);
  expect(await apply(withOthers(170))).toBeUndefined();
});

test("applyCommitsToSnapshot() returns the result of a complete read for commits that were just made, and reads nothing", async () => {
  const repository = testRepository();
  const [meals, moved, invites] = ["a/meals", "b/meals", "a/invites"].map(
    (name) => `flags/${name}.yaml`,
  ) as [string, string, string];
  const first = repository.change(1_700_000_000, { [meals]: on, "flags/a/steps.yaml": on });
  const edits = [
    [{ file: meals, text: off }],
    [{ file: invites, text: on }],
    [],
    [{ file: meals }, { file: moved, text: off }],
    [{ file: moved, text: on }],
    [{ file: invites }],
    [{ file: invites, text: on }],
  ];
  const directory = path.join(repository.directory, ".git");
  const commitOf = (files: NewCommit["files"], index: number): NewCommit => ({
    files,
    message: `Change ${index}\n`,
    author: { name: "Ada", email: "ada@example.com" },
    // The clock goes back once.
    time: 1_700_000_000 + (index === 1 ? -60 : 60 * index),
  });
  const created = await createCommits(directory, first, edits.map(commitOf));
  const read = async (commit = "") =>
    (await (await Repository.open(repository.directory)).read(commit, "")).snapshot;
  const from = await read(first);
  if (!from) throw new Error("Cannot test: the first commit is not valid");
  for (const [index, { id }] of created.entries()) {
    const made = created.slice(0, index + 1);
    expect(await applyCommitsToSnapshot("no/such/clone", from, id, made)).toEqual(await read(id));
  }
  const tests = commitOf([{ file: "flags/tests/meals.yaml", text: "" }], 0);
  const others = await createCommits(directory, first, [tests]);
  expect(others).toHaveLength(1);
  const id = others[0]?.id ?? "";
  expect(await applyCommitsToSnapshot("no/such/clone", from, id, others)).toBe(undefined);
});

test("applyCommitsToSnapshot() returns undefined if no flag is left", async () => {
  const repository = testRepository();
  const first = repository.change(1_700_000_000, {
    "flags/a/meals.yaml": on,
    "Flags/steps.yaml": on,
  });
  const { snapshot } = await (await Repository.open(repository.directory)).read(first, "");
  if (!snapshot) throw new Error("Cannot test: the first commit is not valid");
  const last = repository.change(1_700_000_060, { "flags/a/meals.yaml": null });
  const { problems } = await (await Repository.open(repository.directory)).read(last, "");
  expect(problems).toMatchObject([{ file: "Flags", code: "invalid-name" }]);
  expect(await applyCommitsToSnapshot(repository.directory, snapshot, last)).toBeUndefined();
});

const emptyTree = { entries: 0, characters: 0 };
const added = "flags/b/steps.yaml";
test.each<[what: string, size: () => CommitSize, rest: () => CommitSize]>([
  [
    "bytes",
    () => new CommitSize(maxTotalBytes - on.length + 1, emptyTree),
    () => new CommitSize(maxTotalBytes - on.length, emptyTree),
  ],
  [
    "files and folders",
    () => new CommitSize(0, { ...emptyTree, entries: treeLimits.entries - 2 }),
    () => new CommitSize(0, { ...emptyTree, entries: treeLimits.entries - 3 }),
  ],
  [
    "characters in paths",
    () => new CommitSize(0, { ...emptyTree, characters: treeLimits.paths - added.length - 11 }),
    () => new CommitSize(0, { ...emptyTree, characters: treeLimits.paths - added.length - 12 }),
  ],
])(
  "applyCommitsToSnapshot() returns undefined if there may be too many %s",
  async (_, size, rest) => {
    const repository = testRepository();
    const first = repository.change(1_700_000_000, { "flags/a/meals.yaml": on });
    const { snapshot } = await (await Repository.open(repository.directory)).read(first, "");
    if (!snapshot) throw new Error("Cannot test: the first commit is not valid");
    const next = repository.change(1_700_000_060, { [added]: on });
    const apply = (of: CommitSize) =>
      applyCommitsToSnapshot(repository.directory, snapshot, next, [], of);
    expect(await apply(size())).toBeUndefined();
    expect((await apply(rest()))?.flags).toHaveLength(2);
  },
);
