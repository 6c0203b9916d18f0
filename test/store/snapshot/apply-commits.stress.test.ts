import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../../../schema/compile/compile.ts";
import type { Release } from "../../../schema/compile/release.ts";
import type { Snapshot } from "../../../schema/flag/snapshot.ts";
import { applyCommitsToSnapshot } from "../../../store/snapshot/apply-commits.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { importCommits } from "../../git/import.ts";
import { testRepository } from "../../git/repository.ts";
import { flagHistory } from "./flag-history.ts";

test("applyCommitsToSnapshot() returns the result of a complete read, or undefined, on any history", async () => {
  let advanced = 0;
  const trial = fc.asyncProperty(flagHistory, async (history) => {
    const { directory } = testRepository();
    let last: { snapshot: Snapshot; release: Release } | undefined;
    for (const commit of importCommits(directory, history)) {
      const wanted = (await (await Repository.open(directory)).read(commit, "")).snapshot;
      const next = last && (await applyCommitsToSnapshot(directory, last.snapshot, commit));
      if (next && last) {
        const { release } = last;
        advanced += 1;
        expect(next).toEqual(wanted);
        const compiled = compile(next);
        // Copies, so that nothing is cached for them.
        expect(compiled).toEqual(compile(structuredClone(next)));
        const kept = compiled.responses.filter((response) => release.responses.includes(response));
        expect(kept.length).toBeGreaterThanOrEqual(2);
      }
      if (wanted) last = { snapshot: wanted, release: compile(wanted) };
    }
  });
  await fc.assert(trial, { numRuns: 100 });
  // About 120; random histories may have few commits that can be applied.
  expect(advanced).toBeGreaterThan(20);
});
