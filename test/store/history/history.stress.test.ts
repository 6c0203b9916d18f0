/** Random histories, with merges and files that move. */
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type History, readHistory } from "../../../store/history/history.ts";
import { type ImportedCommit, importCommits } from "../../git/import.ts";
import { authored, testRepository } from "../../git/repository.ts";
import { Definition } from "../snapshot/definition.ts";

const files = ["a.yaml", "b.yaml", "x/a.yaml", "y/a.yaml", "x/b.yaml", "note.txt", "../README.md"];

interface Step {
  /** Any commit before it; -1 for the last. */
  readonly parent: number;
  readonly merged: number | null;
  readonly minutes: number;
  readonly files: Readonly<Record<string, string | null>>;
  /** The commit whose history is known when that of this one is read. */
  readonly known: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  parent: fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, fc.nat(11)),
  merged: fc.option(fc.nat(11)),
  minutes: fc.nat(20),
  files: fc.dictionary(fc.constantFrom(...files), fc.option(fc.constantFrom("1", "2", "3"))),
  known: fc.nat(11),
});

function plan(steps: readonly Step[]): ImportedCommit[] {
  return steps.map(({ parent, merged, minutes, files }, position) => {
    const first = parent === -1 ? position - 1 : parent % position;
    const second = merged === null ? first : merged % position;
    const parents = position === 0 ? [] : [...new Set([first, second])];
    const changes = Object.entries(files).map(([name, text]) => [
      path.posix.join("flags", name),
      text,
    ]);
    return { parents, time: authored + 60 * minutes, files: Object.fromEntries(changes) };
  });
}

test("readHistory() agrees with the definition on any history", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const repository = testRepository();
      const commits = importCommits(repository.directory, plan(steps));
      const definition = new Definition(repository);
      const histories = [];
      for (const commit of commits) {
        histories.push(await readHistory(repository.directory, commit));
        expect(histories.at(-1)).toEqual(definition.history(commit));
      }
      for (const [position, { known }] of steps.entries()) {
        const { commit } = histories[position] as History;
        const other = histories[known % histories.length];
        expect(await readHistory(repository.directory, commit, other)).toEqual(histories[position]);
      }
    }),
    { numRuns: 60 },
  );
});
