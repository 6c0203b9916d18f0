/** Commits that are small in git and huge for their readers. */
import { describe, expect, test } from "vitest";
import { maxFileBytes } from "../../../schema/yaml/decode.ts";
import { maxErrors } from "../../../store/commit/error-budget.ts";
import { treeLimits } from "../../../store/git/tree.ts";
import { readCommits } from "../../../store/history/first-parent-log.ts";
import { applyCommitsToSnapshot } from "../../../store/snapshot/apply-commits.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { importCommits } from "../../git/import.ts";
import { testRepository } from "../../git/repository.ts";
import { bombed, file, off, on, start } from "./bomb.ts";
import { readInProcess } from "./process.ts";

/** Timeout in milliseconds, longer than all others, also on a busy machine. */
const soonMs = 20_000;

describe("a commit of a million paths", () => {
  test("is refused with the limit, before it is read", async () => {
    const { directory, bomb } = bombed();
    const began = performance.now();
    const { snapshot, problems } = await (await Repository.open(directory)).read(bomb, "");
    expect(performance.now() - began).toBeLessThan(soonMs);
    expect(snapshot).toBeUndefined();
    expect(problems.map(({ file, code, message }) => [file, code, message])).toEqual([
      [
        expect.stringMatching(/^flags\/bomb\//),
        "too-large",
        `Cannot read the folder: it holds more than ${treeLimits.entries} files and folders`,
      ],
    ]);
  });

  test("takes little memory", async () => {
    const { directory, bomb } = bombed();
    const { memory } = await readInProcess(directory, bomb);
    expect(memory).toBeLessThan(400);
  });

  test("is not read for its changes", async () => {
    const { directory, first, bomb } = bombed();
    const { snapshot } = await (await Repository.open(directory)).read(first, "");
    const began = performance.now();
    expect(snapshot && (await applyCommitsToSnapshot(directory, snapshot, bomb))).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(soonMs);
  });
});

test("a commit that changes too many files is skipped, and its changes count with the next one", async () => {
  const { directory } = testRepository();
  const many = Array.from({ length: 6 }, (_, index) => `flags/many/f${index}.yaml`);
  const all = (text: string | null) => Object.fromEntries(many.map((name) => [name, text]));
  const ids = importCommits(directory, [
    { parents: [], time: start, files: { [file]: on } },
    { parents: [0], time: start + 60, files: { [file]: off, ...all(on) } },
    { parents: [1], time: start + 120, files: { "flags/many/f0.yaml": off } },
    { parents: [2], time: start + 180, files: all(null) },
    { parents: [3], time: start + 240, files: { [file]: on } },
  ]);
  const read = [];
  for await (const found of readCommits(directory, ids[4] ?? "", undefined, 5)) {
    const { commit, comparedWith, changes, isSkipped } = found;
    const at = (id: string | undefined) => (id === undefined ? undefined : ids.indexOf(id));
    read.push([at(commit), at(comparedWith), isSkipped, changes.map((change) => change.file)]);
  }
  expect(read).toEqual([
    [0, undefined, false, [file]],
    [1, undefined, true, []],
    [2, 0, true, []],
    [3, 0, false, [file]],
    [4, undefined, false, [file]],
  ]);
});

test("nested folders are limited", async () => {
  const { directory, bomb } = bombed(1, treeLimits.depth + 1);
  const { problems } = await (await Repository.open(directory)).read(bomb, "");
  expect(problems.map(({ code }) => code)).toEqual(["too-deep"]);
  const { directory: within, bomb: deepest } = bombed(1, treeLimits.depth - 1);
  const reading = await (await Repository.open(within)).read(deepest, "");
  expect(reading.problems.map(({ code }) => code)).not.toContain("too-deep");
});

test("the number of errors is limited", async () => {
  const { directory } = testRepository();
  const text = Array.from({ length: 200 }, (_, key) => `key_${key}: x\n`).join("");
  const names = Array.from({ length: 500 }, (_, index) => `flags/team/f${index}.yaml`);
  const files = Object.fromEntries(names.map((name, index) => [name, `${text}own_${index}: x\n`]));
  const [commit = ""] = importCommits(directory, [{ parents: [], time: start, files }]);
  for (const cached of [false, true]) {
    const { problems } = await (await Repository.open(directory)).read(commit, "");
    const errors = problems.filter(({ severity }) => severity === "error");
    expect([cached, errors.length]).toEqual([cached, expect.any(Number)]);
    expect(errors.length).toBeLessThan(maxErrors + names.length);
    expect(new Set(errors.map(({ file }) => file)).size).toBe(names.length);
  }
});

test("flag files of many bytes are refused before they are parsed", async () => {
  const { directory } = testRepository();
  const filler = `# ${"x".repeat(maxFileBytes - 200)}\n`;
  const files = Object.fromEntries(
    Array.from({ length: 1_100 }, (_, index) => [
      `flags/team/f${index}.yaml`,
      `${filler}description: Number ${index}\n${on}`,
    ]),
  );
  const [commit = ""] = importCommits(directory, [{ parents: [], time: start, files }]);
  const began = performance.now();
  const { problems } = await (await Repository.open(directory)).read(commit, "");
  expect(performance.now() - began).toBeLessThan(soonMs);
  expect(problems).toMatchObject([{ file: "flags", code: "too-large" }]);
});

test.each(["Flags", "FLAGS"])("a folder %s does not count as missing", async (name) => {
  const made = testRepository();
  const first = made.change(start, { [file]: on });
  made.git("mv", "flags", "moving");
  made.git("mv", "moving", name);
  const commit = made.commit(start + 60);
  const repository = await Repository.open(made.directory);
  const { problems, snapshot } = await repository.read(commit, "");
  expect(snapshot).toBeUndefined();
  const hint = `run: git mv ${name} flags`;
  expect(problems).toMatchObject([{ file: name, code: "invalid-name", hint }]);
  const { snapshot: before } = await repository.read(first, "");
  const applied = before && (await applyCommitsToSnapshot(made.directory, before, commit));
  expect(applied).toBeUndefined();
});
