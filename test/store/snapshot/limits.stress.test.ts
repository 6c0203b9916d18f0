/** Limits of all files together: a reader that follows a branch finds the problems that a complete read finds. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { isError } from "../../../schema/problem/problem.ts";
import { maxFileBytes } from "../../../schema/yaml/decode.ts";
import { createCommits } from "../../../store/remote/commits.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { SnapshotReader } from "../../../store/snapshot/snapshot-reader.ts";
import { bareRepository, type Files } from "../../git/repository.ts";

const start = 1_725_105_600;

/** A valid flag of `bytes` bytes that no other one has the bytes of. */
function flagOf(bytes: number, number: number): string {
  const head = `description: Number ${number}\nenabled: true\n# `;
  return `${head}${"x".repeat(bytes - head.length - 1)}\n`;
}

/** So large that six more files of the largest size fit. */
const many: Files = Object.fromEntries(
  Array.from({ length: 1_018 }, (_, number) => [
    `flags/team/f${number}.yaml`,
    flagOf(maxFileBytes, number),
  ]),
);

const change = fc.record({
  number: fc.integer({ min: 1_010, max: 1_032 }),
  bytes: fc.oneof(
    { weight: 3, arbitrary: fc.constant(maxFileBytes) },
    { weight: 1, arbitrary: fc.integer({ min: 100, max: maxFileBytes }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
});
const step = fc.record({
  changes: fc.array(change, { minLength: 1, maxLength: 12 }),
  isOwn: fc.boolean(),
});

test("a reader that follows the branch refuses what a complete read refuses", async () => {
  const results = { valid: 0, invalid: 0 };
  const trial = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), async (steps) => {
    const bare = bareRepository();
    let valid = bare.change(start, many);
    const repository = await Repository.open(bare.directory);
    const reader = new SnapshotReader(repository);
    await reader.read(valid);
    let number = 10_000;
    for (const { changes, isOwn } of steps) {
      const files = new Map(
        changes.map(({ number: flag, bytes }) => {
          number += 1;
          return [`flags/team/f${flag}.yaml`, bytes === null ? null : flagOf(bytes, number)];
        }),
      );
      const edits = [...files].map(([file, text]) => (text === null ? { file } : { file, text }));
      const author = { name: "Ada", email: "ada@example.com" };
      const commits = [{ files: edits, message: "Change flags", author, time: start + number }];
      const created = await createCommits(bare.directory, valid, commits);
      const commit = created[0]?.id ?? "";
      const mine = await reader.read(commit, isOwn ? created : []);
      const theirs = await (await Repository.open(bare.directory)).read(commit, "");
      expect(mine.problems.filter(isError)).toEqual(theirs.problems.filter(isError));
      expect(mine.snapshot).toEqual(theirs.snapshot);
      if (theirs.snapshot) valid = commit;
      results[theirs.snapshot ? "valid" : "invalid"] += 1;
    }
  });
  await fc.assert(trial, { numRuns: 3, endOnFailure: true });
  expect(Math.min(results.valid, results.invalid)).toBeGreaterThan(0);
});
