/** The line of a branch through merges, also if its own commits are the second parent. */
import { describe, expect, test } from "vitest";
import { isPullOfSameBranch } from "../../../store/history/branch-merges.ts";
import { readCommitFacts } from "../../../store/history/commit-facts.ts";
import { readHistory } from "../../../store/history/history.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { type TestRepository, testRepository } from "../../git/repository.ts";

const file = "flags/a.yaml";
const [on, off] = ["enabled: true\n", "enabled: false\n"];
const start = 1_725_105_600;
const at = (minutes: number) => start + 60 * minutes;

const service = { GIT_COMMITTER_EMAIL: "bunting@bunting.example" };
const trailers = "Flag: a\nActor: Ada (ada)\nBunting-Instance: 01234567\n";

/** Commits a change like the service: on the branch, or as a proposal. */
function commitByApi(made: TestRepository, minutes: number, text: string, more = ""): string {
  made.write({ [file]: text });
  made.git("add", "--all");
  const env = { ...service, GIT_COMMITTER_DATE: `@${at(minutes)} +0000` };
  made.run(["commit", "--quiet", `--message=Change a\n\n${trailers}${more}`], { env });
  return made.git("rev-parse", "HEAD");
}

/** Merges `branch` into the current one, under a subject, and returns the merge's id. */
function merge(made: TestRepository, minutes: number, branch: string, subject: string): string {
  const env = { GIT_COMMITTER_DATE: `@${at(minutes)} +0000` };
  made.run(["merge", "--quiet", "--no-ff", `--message=${subject}`, branch], { env });
  return made.git("rev-parse", "HEAD");
}

/** A branch `main` whose commits after the first are the second parent of the last: it was pulled into `work`. */
function pulled(subject: string, change: (made: TestRepository) => void) {
  const made = testRepository();
  made.change(at(1), { [file]: on });
  made.git("branch", "work");
  change(made);
  made.switch("work");
  made.change(at(4), { "notes.txt": "x\n" });
  const head = merge(made, 9, "main", subject);
  return { made, head, directory: made.directory };
}

async function flagTimes(directory: string, head: string) {
  const { flags } = await readHistory(directory, head);
  const minutes = (seconds: number) => (seconds - start) / 60;
  return Object.fromEntries(
    [...flags].map(([name, { created, updated }]) => [name, [minutes(created), minutes(updated)]]),
  );
}

async function changes(directory: string, head: string, name = "a") {
  const repository = await Repository.open(directory);
  const page = { limit: 10, skip: 0 };
  const found = await repository.changesOf(head, name, page);
  return found.map(({ kind, changed_at, after }) => [
    kind,
    (Date.parse(changed_at) / 1_000 - start) / 60,
    after?.decisions.application?.enabled,
  ]);
}

const pullSubject = "Merge branch 'main' of git.example:acme/flags";

describe("a pull with a merge that was pushed", () => {
  const byPeople = (made: TestRepository) => {
    made.change(at(2), { [file]: off, "flags/b.yaml": on });
    made.change(at(3), { [file]: on });
  };

  test.each([
    pullSubject,
    `${pullSubject} into main`,
    "Merge remote-tracking branch 'origin/main' into main",
  ])("keeps times and history of the branch: %s", async (subject) => {
    const { directory, head } = pulled(subject, byPeople);
    expect(await flagTimes(directory, head)).toEqual({ a: [1, 3], b: [2, 2] });
    expect(await changes(directory, head)).toEqual([
      ["updated", 3, true],
      ["updated", 2, false],
      ["created", 1, true],
    ]);
  });

  test("keeps them for any subject, if the service committed to the branch", async () => {
    const { directory, head } = pulled("Bring it up to date", (made) => {
      commitByApi(made, 2, off);
      made.change(at(3), { "flags/b.yaml": on });
    });
    expect(await flagTimes(directory, head)).toEqual({ a: [1, 2], b: [3, 3] });
  });

  test("counts changes of the other side at the time of the merge", async () => {
    const { made, directory } = pulled(pullSubject, byPeople);
    made.git("reset", "--quiet", "--hard", "HEAD^1");
    made.change(at(5), { "flags/c.yaml": on });
    const head = merge(made, 9, "main", pullSubject);
    expect(await flagTimes(directory, head)).toEqual({ a: [1, 3], b: [2, 2], c: [9, 9] });
    expect(await changes(directory, head, "c")).toEqual([["created", 9, true]]);
  });

  test("gives the same from a history that was known before or after it", async () => {
    const { made, directory, head } = pulled(pullSubject, byPeople);
    const cold = await readHistory(directory, head);
    for (const revision of ["main", "main~1", "main~2", "work~1"]) {
      const known = await readHistory(directory, made.git("rev-parse", revision));
      expect(await readHistory(directory, head, known)).toEqual(cold);
    }
    const next = made.change(at(10), { [file]: off });
    expect(await readHistory(directory, next, cold)).toEqual(await readHistory(directory, next));
    expect(await changes(directory, next)).toHaveLength(4);
  });

  test("may happen repeatedly", async () => {
    const { made, directory } = pulled(pullSubject, byPeople);
    made.git("branch", "--force", "main", "work");
    for (const round of [20, 30]) {
      made.git("switch", "--quiet", "--force-create", "work", "main~1");
      made.change(at(round), { [`notes-${round}.txt`]: "x\n" });
      made.git("switch", "--quiet", "main");
      made.change(at(round + 1), { [file]: round === 20 ? off : on });
      made.switch("work");
      merge(made, round + 2, "main", pullSubject);
      made.git("branch", "--force", "main", "work");
    }
    const head = made.git("rev-parse", "main");
    expect((await changes(directory, head)).map(([, minutes]) => minutes)).toEqual([
      31, 21, 3, 2, 1,
    ]);
    expect(await flagTimes(directory, head)).toEqual({ a: [1, 31], b: [2, 2] });
  });

  test("is reported", async () => {
    const { directory, head } = pulled(pullSubject, byPeople);
    const facts = await readCommitFacts(directory, head);
    expect(facts.map(({ isPullMerge }) => isPullMerge)).toEqual([true, false, false, false]);
    const after = await readCommitFacts(directory, head, facts[1]?.commit);
    expect(after).toEqual(facts.slice(0, 1));
  });
});

describe("a merge into the branch stays a merge:", () => {
  test.each([
    ["of a pull request", "Merge pull request #7 from acme/work"],
    ["of a branch by name", "Merge branch 'work'"],
    ["of a remote's other branch", "Merge branch 'work' of git.example:acme/flags into main"],
  ])("%s", async (_what, subject) => {
    const made = testRepository();
    made.change(at(1), { [file]: on });
    made.switch("work");
    made.change(at(2), { [file]: off });
    made.switch("main");
    commitByApi(made, 3, on.replace("enabled", "description: x\nenabled"));
    made.git("reset", "--quiet", "--hard", "HEAD^");
    made.change(at(4), { "flags/b.yaml": on });
    const head = merge(made, 9, "work", subject);
    expect(await flagTimes(made.directory, head)).toEqual({ a: [1, 9], b: [4, 4] });
    expect(await readCommitFacts(made.directory, head, made.git("rev-parse", "HEAD~1"))).toEqual([
      { commit: head, time: at(9), isPullMerge: false },
    ]);
  });

  test("of a proposal of the service", async () => {
    const made = testRepository();
    made.change(at(1), { [file]: on });
    made.switch("proposal");
    commitByApi(made, 2, off, "Bunting-Proposal: application\n");
    made.switch("main");
    made.change(at(3), { "flags/b.yaml": on });
    const head = merge(made, 9, "proposal", "Merge pull request #8 from acme/bunting/a");
    expect(await flagTimes(made.directory, head)).toEqual({ a: [1, 9], b: [3, 3] });
  });

  test("of a branch that was pulled itself, while the service continued", async () => {
    const made = testRepository();
    made.change(at(1), { [file]: on });
    made.switch("work");
    made.change(at(2), { "flags/b.yaml": on });
    made.switch("main");
    commitByApi(made, 3, off);
    made.switch("work");
    merge(made, 4, "main", "Merge remote-tracking branch 'origin/main' into work");
    made.switch("main");
    commitByApi(made, 5, on);
    const head = merge(made, 9, "work", "Merge pull request #9 from acme/work");
    expect(await flagTimes(made.directory, head)).toEqual({ a: [1, 5], b: [9, 9] });
  });

  test("of a pull, if the commits of the service are on the first parent", async () => {
    const made = testRepository();
    made.change(at(1), { [file]: on });
    made.switch("work");
    made.change(at(2), { "flags/b.yaml": on });
    made.switch("main");
    commitByApi(made, 3, off);
    const head = merge(made, 9, "work", pullSubject);
    expect(await flagTimes(made.directory, head)).toEqual({ a: [1, 3], b: [9, 9] });
  });
});

test("many merges take the same line as few", async () => {
  const { made, directory } = pulled("Bring it up to date", (one) => commitByApi(one, 2, off));
  for (let minute = 10; minute < 20; minute++) {
    made.git("switch", "--quiet", "--force-create", "topic", "work~1");
    made.change(at(minute), { [`notes-${minute}.txt`]: "x\n" });
    made.switch("work");
    merge(made, minute, "topic", "Merge pull request");
  }
  const head = made.git("rev-parse", "HEAD");
  expect(await flagTimes(directory, head)).toEqual({ a: [1, 2] });
});

test.each([
  ["Merge branch 'main' of https://git.example/acme/flags", true],
  ["Merge branch 'release/1' of git.example:acme/flags into release/1", true],
  ["Merge remote-tracking branch 'origin/master'", true],
  ["Merge remote-tracking branch 'upstream/x/y' into x/y", true],
  ["Merge branch 'main' of https://git.example/acme/flags into topic", false],
  ["Merge branch 'topic' of https://git.example/acme/flags", false],
  ["Merge remote-tracking branch 'origin/topic'", false],
  ["Merge branch 'main' into topic", false],
  ["Merge branch 'main'", false],
  ["Merge pull request #1 from acme/main", false],
])("isPullOfSameBranch(%j) is %s", (subject, expected) => {
  expect(isPullOfSameBranch(subject)).toBe(expected);
});
