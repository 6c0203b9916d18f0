/** The cost of the changes of one flag does not depend on the length of the history of the others. */
import { expect, test, vi } from "vitest";
import { streamGit } from "../../../store/git/git.ts";
import { readObjects } from "../../../store/git/objects.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { importCommits, largeHistory } from "../../git/import.ts";
import { testRepository } from "../../git/repository.ts";

vi.mock(import("../../../store/git/git.ts"), { spy: true });
vi.mock(import("../../../store/git/objects.ts"), { spy: true });

const page = { limit: 5, skip: 0 };

/** The options of each `git log`. */
function logs(): string[][] {
  const calls = vi.mocked(streamGit).mock.calls.map(([, args]) => [...args]);
  return calls.filter(([command]) => command === "log");
}

test("changesOf() reads the commits of the flag alone, also in the next process", async () => {
  const { directory } = testRepository();
  const commits = importCommits(directory, largeHistory(10, 400));
  const head = commits.at(-1) ?? "";
  await (await Repository.open(directory)).read(head, "");
  const repository = await Repository.open(directory);
  vi.clearAllMocks();
  const changes = await repository.changesOf(head, "improvement_3", page);
  expect(changes).toHaveLength(5);
  expect(logs().map((args) => args.includes("--no-walk=unsorted"))).toEqual([true]);
  vi.clearAllMocks();
  expect(await repository.changesOf(head, "no_such_flag", page)).toEqual([]);
  expect(streamGit).not.toHaveBeenCalled();
  expect(readObjects).not.toHaveBeenCalled();
});

test("changesOf() returns the output of git log in pages", async () => {
  const made = testRepository();
  const commits = importCommits(made.directory, largeHistory(10, 200));
  const head = commits.at(-1) ?? "";
  const repository = await Repository.open(made.directory);
  const path = "flags/team_0/improvement_3.yaml";
  const expected = made.git("log", "--format=%H", head, "--", path).split("\n");
  const found: string[] = [];
  for (let skip = 0; skip < 30; skip += 5) {
    const options = { limit: 5, skip };
    const changes = await repository.changesOf(head, "improvement_3", options);
    found.push(...changes.map(({ commit }) => commit));
  }
  expect(found).toEqual(expected);
});
