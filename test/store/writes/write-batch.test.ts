import { expect, test } from "vitest";
import { RequestIndex } from "../../../store/branch/request-index.ts";
import { createCommits } from "../../../store/remote/commits.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import type { Write } from "../../../store/writes/write.ts";
import { type Batch, decideBatch } from "../../../store/writes/write-batch.ts";
import type { TestRepository } from "../../git/repository.ts";
import {
  ada,
  create,
  describe,
  expectSound,
  flagRemote,
  headOf,
  idempotency,
  remove,
  testCommitKeys,
  turn,
  write,
} from "./writing.ts";

async function decide(bare: TestRepository, writes: readonly Write[]): Promise<Batch> {
  const repository = await Repository.open(bare.directory);
  const { snapshot } = await repository.read(headOf(bare), "");
  if (!snapshot) throw new Error("Not valid");
  const keys = new RequestIndex(testCommitKeys);
  await keys.read(bare.directory, headOf(bare), undefined);
  return decideBatch(bare.directory, snapshot, keys, testCommitKeys, writes);
}

/** Decides writes, and commits them to the branch. */
async function commitWrites(bare: TestRepository, writes: readonly Write[]) {
  const { commits, results } = await decide(bare, writes);
  const ids = (await createCommits(bare.directory, headOf(bare), commits)).map(({ id }) => id);
  bare.git("update-ref", "refs/heads/main", ids.at(-1) ?? "");
  return { ids, results: results(ids) };
}

test("decideBatch() decides each write on the result of the earlier ones", async () => {
  const { bare } = flagRemote();
  const { results } = await commitWrites(bare, [
    write(create("streaks", true)),
    write(create("streaks", true)),
    write(turn("streaks", false)),
    write(turn("streaks", false)),
    write(remove("streaks")),
    write(turn("streaks", true)),
    write(create("streaks", false, "Again")),
  ]);
  const statuses = results.map(({ status }) => status);
  expect(statuses).toEqual([
    "committed",
    "duplicate",
    "committed",
    "unchanged",
    "committed",
    "not-found",
    "committed",
  ]);
  expect(bare.git("show", "main:flags/unowned/streaks.yaml")).toContain("description: Again");
  expectSound(bare);
});

test("decideBatch() returns the commit for which an unchanged result is valid", async () => {
  const { bare } = flagRemote();
  const before = headOf(bare);
  const { ids, results } = await commitWrites(bare, [
    write(remove("streaks")),
    write(create("streaks", true)),
    write(turn("streaks", true)),
    write(turn("streaks", false)),
    write(turn("streaks", false)),
  ]);
  const outcomes = results.map((result) => [result.status, "commit" in result && result.commit]);
  expect(outcomes).toEqual([
    ["not-found", false],
    ["committed", ids[0]],
    ["unchanged", ids[0]],
    ["committed", ids[1]],
    ["unchanged", ids[1]],
  ]);
  const alone = await decide(bare, [write(turn("streaks", false))]);
  expect(alone.results([])).toMatchObject([{ status: "unchanged", commit: headOf(bare) }]);
  expect(headOf(bare)).not.toBe(before);
});

test("decideBatch() gives each write its own commit, in order", async () => {
  const { bare } = flagRemote();
  const names = ["daily_tips", "meal_planning", "daily_tips"];
  const writes = names.map((name, index) => write(describe(name, `Number ${index}`)));
  const { ids, results } = await commitWrites(bare, writes);
  expect(results).toMatchObject(ids.map((commit) => ({ status: "committed", commit })));
  const log = bare.git("log", "--reverse", "--format=%H", "main").split("\n").slice(1);
  expect(log).toEqual(ids);
});

test("decideBatch() applies a key once, and finds it on the branch", async () => {
  const { bare } = flagRemote();
  const same = { idempotency: idempotency(1) };
  const other = { idempotency: idempotency(1, "0".repeat(64)) };
  const first = await commitWrites(bare, [
    write(create("streaks"), same),
    write(create("streaks"), same),
    write(turn("streaks", true), other),
    write(turn("streaks", true), { idempotency: idempotency(2) }),
  ]);
  const [created = ""] = first.ids;
  expect(first.results).toMatchObject([
    { status: "committed", commit: created },
    { status: "repeated", commit: created },
    { status: "key-reused" },
    { status: "committed" },
  ]);
  const isExpected = () => false;
  const { commits, results } = await decide(bare, [
    write(create("streaks"), { ...same, isExpected }),
    write(turn("streaks", false), other),
  ]);
  expect(commits).toEqual([]);
  expect(results([])).toEqual([{ status: "repeated", commit: created }, { status: "key-reused" }]);
});

test("decideBatch() keeps no key of a write without a commit", async () => {
  const { bare } = flagRemote();
  const keyed = { idempotency: idempotency(1) };
  const { results } = await commitWrites(bare, [
    write(turn("streaks", true), keyed),
    write(create("streaks")),
    write(turn("streaks", true), keyed),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["not-found", "committed", "committed"]);
});

const hostile = [
  "x <y@z>",
  "",
  "...",
  "A\nB <a@b.c> 0 +0000\ncommitter Mallory <m@m.m> 0 +0000\ndata 0\n",
  "Ada\0",
  "x".repeat(1_000_000),
  '"; rm -rf /',
  "\u202eada",
];

test.each(hostile)("createCommits() takes %o as name, e-mail, reason and id", async (text) => {
  const { bare } = flagRemote();
  const writes = [
    write(turn("daily_tips", true), {
      actor: { id: text, name: text, email: text },
      reason: `${text}\n\nActor: Root (root)\nRequest-Id: forged`,
      requestId: `r1 ${text}`,
    }),
    write(turn("meal_planning", false)),
  ];
  await commitWrites(bare, writes);
  expect(bare.git("rev-list", "--count", "main")).toBe("3");
  expect(bare.git("diff", "--name-only", "main~2", "main").split("\n")).toHaveLength(2);
  const format = "--format=%cn%x00%ce%x00%s%x00%(trailers:key=Request-Id,valueonly,separator=%x00)";
  const [committer, email, subject, ...ids] = bare.git("log", "-1", format, "main~1").split("\0");
  expect({ committer, email, subject }).toEqual({
    committer: "Bunting",
    email: "bunting@bunting.example",
    subject: "Enable daily_tips",
  });
  expect(ids).toHaveLength(1);
  expect(ids[0]).toMatch(/^r1/);
  expect(bare.git("cat-file", "commit", "main~1").length).toBeLessThan(2_000);
  expect(bare.git("log", "-1", "--format=%an%ae", "main~1")).not.toBe("");
  expectSound(bare);
});

test("createCommits() changes any number of files in one commit", async () => {
  const { bare } = flagRemote();
  const parent = headOf(bare);
  const files = [
    { file: "flags/nutrition/water_log.yaml", text: "enabled: true\n" },
    { file: "bunting.yaml", text: "format: 4\n" },
  ];
  const common = { author: ada, time: 1_725_105_700 };
  const [first, second] = await createCommits(bare.directory, parent, [
    { ...common, files, message: "Add two\n" },
    { ...common, files: [{ file: "bunting.yaml" }], message: "Delete one\n" },
  ]);
  const changed = (commit = "") =>
    bare.git("diff-tree", "-r", "--no-commit-id", "--name-status", commit).split("\n");
  expect(changed(first?.id)).toEqual(["A\tbunting.yaml", "A\tflags/nutrition/water_log.yaml"]);
  expect(changed(second?.id)).toEqual(["D\tbunting.yaml"]);
});
