import { expect, test } from "vitest";
import { readLastToggled } from "../../../store/history/last-toggled.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { type ImportedCommit, importCommits } from "../../git/import.ts";
import { testRepository } from "../../git/repository.ts";

const start = 1_725_105_600;
const flag = (enabled: boolean, words = "Plan", more = "") =>
  `description: ${words}\nenabled: ${enabled}\n${more}`;
const [file, moved] = ["flags/nutrition/meals.yaml", "flags/growth/meals.yaml"];
const staging = "environments:\n  staging:\n    enabled: false\n";

test("readLastToggled() is the time of the last toggle on the branch, also after edits, moves and merges", async () => {
  const edits = Array.from({ length: 60 }, (_, edit): ImportedCommit => {
    const files = { [moved]: flag(true, `Plan meals ${edit}`) };
    return { parents: [4 + edit], time: start + 1_000 + edit, files };
  });
  const repository = testRepository();
  const commits = importCommits(repository.directory, [
    { parents: [], time: start, files: { [file]: flag(false) } },
    { parents: [0], time: start + 60, files: { [file]: flag(false, "Plan meals") } },
    // A branch turns it on; the time is that of the merge.
    { parents: [1], time: start + 120, files: { [file]: flag(true, "Plan meals") } },
    { parents: [1, 2], time: start + 600, files: { [file]: flag(true, "Plan meals") } },
    { parents: [3], time: start + 660, files: { [file]: null, [moved]: flag(true, "Plan meals") } },
    ...edits,
    { parents: [64], time: start + 2_000, files: { [moved]: flag(true, "Plan", staging) } },
  ]);
  const at = async (position: number) => {
    const reader = await Repository.open(repository.directory);
    const index = await reader.changesAt(commits.at(position) ?? "");
    const times = await readLastToggled(reader.directory, index, ["meals"]);
    return Date.parse(times.get("meals") ?? "") / 1_000 - start;
  };
  expect(await at(1)).toBe(0);
  expect(await at(3)).toBe(600);
  expect(await at(-2)).toBe(600);
  expect(await at(-1)).toBe(2_000);
});
