/** Many processes on one cache, while it is damaged. */
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setImmediate as yieldToOthers } from "node:timers/promises";
import { expect, test } from "vitest";
import { Repository } from "../../../store/snapshot/repository.ts";
import { importCommits, largeHistory } from "../../git/import.ts";
import { testRepository } from "../../git/repository.ts";
import { readInProcess } from "../snapshot/process.ts";

test("processes that read at once, while the cache is damaged again and again, all read the same", async () => {
  const { directory } = testRepository();
  const commits = importCommits(directory, largeHistory(30, 40));
  const chosen = [39, 20, 0].map((position) => commits[position] ?? "");
  const expected = [];
  for (const commit of chosen) {
    const repository = await Repository.open(directory);
    expected.push([await repository.read(commit, "2026-01-01")]);
  }

  const cache = path.join(directory, ".git/bunting");
  const reading = chosen.map((commit) => readInProcess(directory, commit, { times: 5 }));
  let reads = true;
  const done = Promise.all(reading).finally(() => {
    reads = false;
  });
  let damages = 0;
  for (; reads; await yieldToOthers()) damages += damage(cache, damages);
  expect((await done).map(({ readings }) => readings)).toEqual(expected);
  expect(damages).toBeGreaterThan(20);
});

/** Damages each file in another way than the last time. Returns the number of files. */
function damage(cache: string, turn: number): number {
  let damages = 0;
  for (const name of readdirSync(cache)) {
    const file = path.join(cache, name);
    try {
      const { length } = readFileSync(file);
      if (turn % 3 === 0) rmSync(file);
      else if (turn % 3 === 1) truncateSync(file, Math.floor(length / 2));
      else writeFileSync(file, "{}");
      damages++;
    } catch {
      // Another process has replaced it.
    }
  }
  return damages;
}
