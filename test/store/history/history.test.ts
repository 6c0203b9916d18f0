import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type History, readHistory } from "../../../store/history/history.ts";
import {
  authored,
  type TestRepository,
  temporaryDirectory,
  testRepository,
} from "../../git/repository.ts";
import { Definition } from "../snapshot/definition.ts";

const on = "enabled: true\n";
const off = "enabled: false\n";
const file = "flags/a.yaml";

/** Committer times, a minute apart. */
function at(minutes: number): number {
  return authored + 60 * minutes;
}

/**
 * The times in the head's history, in minutes. Expects that they are equal to the definition, with any
 * known history: none, that of the commit before, that of any other commit.
 */
async function timesOf(repository: TestRepository) {
  const { directory } = repository;
  const head = repository.git("rev-parse", "HEAD");
  const definition = new Definition(repository);
  const cold = await readHistory(directory, head);
  const histories = new Map([[head, cold]]);
  let known: History | undefined;
  for (const commit of lines(repository.git("rev-list", "--first-parent", "--reverse", "HEAD"))) {
    known = await readHistory(directory, commit, known);
    histories.set(commit, known);
  }
  for (const commit of lines(repository.git("rev-list", "--all"))) {
    const other = histories.get(commit) ?? (await readHistory(directory, commit));
    expect(other).toEqual(definition.history(commit));
    expect(await readHistory(directory, head, other)).toEqual(cold);
    expect(await readHistory(directory, commit, cold)).toEqual(other);
  }
  return inMinutes(cold);
}

function inMinutes({ touched, flags }: History) {
  const minutes = (time: number) => (time - authored) / 60;
  const times = [...flags].map(([name, { created, updated }]) => {
    return [name, { created: minutes(created), updated: minutes(updated) }];
  });
  return { touched: minutes(touched), ...Object.fromEntries(times) };
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

describe("readHistory() on one line of commits", () => {
  test("takes the time of the commit that adds a flag, the root commit too", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.change(at(2), { "flags/growth/b.yaml": on });
    expect(await timesOf(repository)).toEqual({
      touched: 2,
      a: { created: 1, updated: 1 },
      b: { created: 2, updated: 2 },
    });
  });

  test("takes the time of the last commit that changed a flag's content", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on, "flags/b.yaml": on });
    repository.change(at(2), { [file]: off });
    repository.change(at(3), { [file]: on });
    expect(await timesOf(repository)).toEqual({
      touched: 3,
      a: { created: 1, updated: 3 },
      b: { created: 1, updated: 1 },
    });
  });

  test("counts a move between folders for the list only", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.move(file, "flags/growth/a.yaml");
    repository.commit(at(2));
    expect(await timesOf(repository)).toEqual({ touched: 2, a: { created: 1, updated: 1 } });
  });

  test("counts a move with an edit in one commit as an update", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.move(file, "flags/growth/a.yaml");
    repository.change(at(2), { "flags/growth/a.yaml": off });
    expect(await timesOf(repository)).toEqual({ touched: 2, a: { created: 1, updated: 2 } });
  });

  test("starts again if a flag was deleted and created again", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.change(at(2), { [file]: null });
    repository.change(at(3), { [file]: on });
    expect(await timesOf(repository)).toEqual({ touched: 3, a: { created: 3, updated: 3 } });
  });

  test("treats another name as another flag", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.move(file, "flags/b.yaml");
    repository.commit(at(2));
    expect(await timesOf(repository)).toEqual({ touched: 2, b: { created: 2, updated: 2 } });
  });

  test("keeps names apart if two flags swap their contents", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.change(at(2), { "flags/b.yaml": off });
    repository.change(at(3), { [file]: off, "flags/b.yaml": on });
    expect(await timesOf(repository)).toEqual({
      touched: 3,
      a: { created: 1, updated: 3 },
      b: { created: 2, updated: 3 },
    });
  });

  test("counts one commit for every flag in it", async () => {
    const repository = testRepository();
    const names = Array.from({ length: 200 }, (_, flag) => `flags/team/improvement_${flag}.yaml`);
    repository.change(at(1), Object.fromEntries(names.map((name) => [name, on])));
    repository.change(at(2), Object.fromEntries(names.slice(0, 150).map((name) => [name, off])));
    const flags = names.map((_, flag) => [
      `improvement_${flag}`,
      { created: 1, updated: flag < 150 ? 2 : 1 },
    ]);
    expect(await timesOf(repository)).toEqual({ touched: 2, ...Object.fromEntries(flags) });
  });

  test("counts a revert, and the revert of a deletion as a new flag", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on, "flags/b.yaml": on });
    const edit = repository.change(at(2), { [file]: off });
    const deletion = repository.change(at(3), { "flags/b.yaml": null });
    repository.revert(at(4), edit);
    repository.revert(at(5), deletion);
    expect(await timesOf(repository)).toEqual({
      touched: 5,
      a: { created: 1, updated: 4 },
      b: { created: 5, updated: 5 },
    });
  });

  test("counts a change of mode alone for the list only", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    chmodSync(path.join(repository.directory, file), 0o755);
    repository.commit(at(2));
    expect(await timesOf(repository)).toEqual({ touched: 2, a: { created: 1, updated: 1 } });
  });

  test("does not count files elsewhere, with any name", async () => {
    const repository = testRepository();
    repository.change(at(1), { "README.md": "flags", "flags.yaml": on });
    repository.change(at(2), { [file]: on });
    repository.change(at(3), { "other/flags/a.yaml": off, "flagship/a.yaml": off, "a.yaml": off });
    expect(await timesOf(repository)).toEqual({ touched: 2, a: { created: 2, updated: 2 } });
  });

  test("counts other files below flags/ for the list only", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.change(at(2), { "flags/a.yml": off, "flags/a.yaml.orig": off });
    expect(await timesOf(repository)).toEqual({ touched: 2, a: { created: 1, updated: 1 } });
  });

  test("does not count an empty commit", async () => {
    const repository = testRepository();
    repository.commit(at(1));
    repository.change(at(2), { [file]: on });
    repository.commit(at(3));
    repository.commit(at(4));
    expect(await timesOf(repository)).toEqual({ touched: 2, a: { created: 2, updated: 2 } });
  });

  test("gives the time of the first commit to a list that never had a flag", async () => {
    const repository = testRepository();
    repository.change(at(1), { "README.md": "flags" });
    repository.commit(at(2));
    expect(await timesOf(repository)).toEqual({ touched: 1 });
  });

  test("gives the time of the commit that emptied flags/ to the empty list", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on, "flags/growth/b.yaml": on });
    repository.change(at(2), { [file]: null, "flags/growth/b.yaml": null });
    repository.change(at(3), { "README.md": "no flags" });
    expect(await timesOf(repository)).toEqual({ touched: 2 });
  });

  test("follows a file while two files have its name", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.change(at(2), { "flags/growth/a.yaml": off });
    repository.change(at(3), { [file]: null });
    expect(await timesOf(repository)).toEqual({ touched: 3, a: { created: 1, updated: 3 } });
  });

  test("orders by descent, and times never decrease", async () => {
    const repository = testRepository();
    repository.change(at(50), { [file]: on });
    repository.change(at(20), { [file]: off });
    repository.change(at(90), { "flags/b.yaml": on });
    repository.change(at(10), { [file]: on });
    repository.change(at(30), { "README.md": "late" });
    expect(await timesOf(repository)).toEqual({
      touched: 90,
      a: { created: 50, updated: 90 },
      b: { created: 90, updated: 90 },
    });
  });

  test("uses the time of a commit, in any time zone", async () => {
    const repository = testRepository();
    for (const [minutes, zone] of [
      [1, "+1400"],
      [2, "-1200"],
      [3, "+0545"],
    ] as const) {
      repository.write({ [`flags/in_${minutes}.yaml`]: on });
      repository.commit(at(minutes), { zone });
    }
    expect(await timesOf(repository)).toEqual({
      touched: 3,
      in_1: { created: 1, updated: 1 },
      in_2: { created: 2, updated: 2 },
      in_3: { created: 3, updated: 3 },
    });
  });

  test("reads a repository whose ids are SHA-256", async () => {
    const repository = testRepository({ objectFormat: "sha256" });
    repository.change(at(1), { [file]: on });
    repository.change(at(2), { [file]: off });
    expect(await timesOf(repository)).toEqual({ touched: 2, a: { created: 1, updated: 2 } });
  });

  test("keeps files with line feeds, control characters and bytes that are no text apart from flags", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.change(at(2), {
      "flags/\n:100644 100644 0 0 D/a\n.yaml": off,
      "flags/\x01deadbeef 1 2": off,
      "\x01deadbeef 1 2": off,
      "flags/ a.yaml": off,
    });
    const { a } = await timesOf(repository);
    expect(a).toEqual({ created: 1, updated: 1 });
  });
});

describe("readHistory() on merges", () => {
  test("takes the time of the merge, not of the branch's commits", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.switch("topic");
    repository.change(at(2), { [file]: off });
    repository.change(at(3), { "flags/b.yaml": on });
    repository.switch("main");
    repository.change(at(4), { "flags/c.yaml": on });
    repository.merge(at(5), "topic");
    expect(await timesOf(repository)).toEqual({
      touched: 5,
      a: { created: 1, updated: 5 },
      b: { created: 5, updated: 5 },
      c: { created: 4, updated: 4 },
    });
  });

  test("counts a merge that could have been a fast-forward as one change", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.switch("topic");
    repository.change(at(2), { [file]: off });
    repository.change(at(3), { [file]: on, "flags/b.yaml": on });
    repository.switch("main");
    repository.merge(at(4), "topic");
    expect(await timesOf(repository)).toEqual({
      touched: 4,
      a: { created: 1, updated: 1 },
      b: { created: 4, updated: 4 },
    });
  });

  test("ignores that a branch deleted and created a flag again", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.switch("topic");
    repository.change(at(2), { [file]: null });
    repository.change(at(3), { [file]: off });
    repository.switch("main");
    repository.merge(at(4), "topic");
    expect(await timesOf(repository)).toEqual({ touched: 4, a: { created: 1, updated: 4 } });
  });

  test("does not count a merge without changes", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.switch("topic");
    repository.commit(at(2));
    repository.switch("main");
    repository.change(at(3), { "README.md": "flags" });
    repository.merge(at(4), "topic");
    expect(await timesOf(repository)).toEqual({ touched: 1, a: { created: 1, updated: 1 } });
  });

  test("does not count changes that a merge discarded", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.switch("topic");
    repository.change(at(2), { [file]: off, "flags/b.yaml": on });
    repository.switch("main");
    repository.merge(at(3), "topic", { [file]: on, "flags/b.yaml": null });
    expect(await timesOf(repository)).toEqual({ touched: 1, a: { created: 1, updated: 1 } });
  });

  test("counts changes that only the merge has", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on, "flags/c.yaml": on });
    repository.switch("topic");
    repository.change(at(2), { "flags/b.yaml": on });
    repository.switch("main");
    repository.merge(at(3), "topic", { [file]: off, "flags/d.yaml": on, "flags/c.yaml": null });
    expect(await timesOf(repository)).toEqual({
      touched: 3,
      a: { created: 1, updated: 3 },
      b: { created: 3, updated: 3 },
      d: { created: 3, updated: 3 },
    });
  });

  test("keeps the branch's own times for a flag that both sides created", async () => {
    const repository = testRepository();
    repository.change(at(1), { "README.md": "flags" });
    repository.switch("topic");
    repository.change(at(2), { [file]: on, "flags/growth/b.yaml": on });
    repository.switch("main");
    repository.change(at(3), { [file]: off, "flags/b.yaml": on });
    repository.merge(at(4), "topic", { [file]: off, "flags/b.yaml": null });
    expect(await timesOf(repository)).toEqual({
      touched: 4,
      a: { created: 3, updated: 3 },
      b: { created: 3, updated: 3 },
    });
  });

  test("counts the merge of several branches as one change", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    for (const [minutes, branch] of [
      [2, "b"],
      [3, "c"],
      [4, "d"],
    ] as const) {
      repository.switch("main");
      repository.switch(branch);
      repository.change(at(minutes), { [`flags/${branch}.yaml`]: on });
    }
    repository.switch("main");
    repository.merge(at(5), ["b", "c", "d"]);
    expect(repository.git("rev-parse", "HEAD^@").split("\n")).toHaveLength(4);
    expect(await timesOf(repository)).toEqual({
      touched: 5,
      a: { created: 1, updated: 1 },
      b: { created: 5, updated: 5 },
      c: { created: 5, updated: 5 },
      d: { created: 5, updated: 5 },
    });
  });

  test("uses the time of the squash", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.switch("topic");
    repository.change(at(2), { [file]: off });
    repository.change(at(3), { "flags/b.yaml": on });
    repository.switch("main");
    repository.squash(at(4), "topic");
    expect(await timesOf(repository)).toEqual({
      touched: 4,
      a: { created: 1, updated: 4 },
      b: { created: 4, updated: 4 },
    });
  });

  test("counts the revert of a merge", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.switch("topic");
    repository.change(at(2), { [file]: off, "flags/b.yaml": on });
    repository.switch("main");
    const merge = repository.merge(at(3), "topic");
    repository.revert(at(4), merge);
    expect(await timesOf(repository)).toEqual({ touched: 4, a: { created: 1, updated: 4 } });
  });

  test("follows main through merges of main into a branch, and back", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.switch("topic");
    repository.change(at(2), { "flags/b.yaml": on });
    repository.switch("main");
    repository.change(at(3), { [file]: off });
    repository.switch("topic");
    repository.merge(at(4), "main");
    repository.switch("main");
    repository.merge(at(5), "topic");
    expect(await timesOf(repository)).toEqual({
      touched: 5,
      a: { created: 1, updated: 3 },
      b: { created: 5, updated: 5 },
    });
  });
});

describe("readHistory() from what is known", () => {
  test("reads everything if the known commit shares nothing with the requested one", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    repository.git("switch", "--quiet", "--orphan", "unrelated");
    repository.change(at(2), { [file]: off });
    expect(await timesOf(repository)).toEqual({ touched: 2, a: { created: 2, updated: 2 } });
  });

  test("reads everything if the known commit is gone, as after a force push", async () => {
    const repository = testRepository();
    const first = repository.change(at(1), { [file]: on });
    const lost = repository.change(at(2), { [file]: off });
    const known = await readHistory(repository.directory, lost);
    repository.git("reset", "--quiet", "--hard", first);
    repository.git("reflog", "expire", "--expire=now", "--all");
    repository.git("gc", "--quiet", "--prune=now");
    expect(() => repository.git("cat-file", "-e", lost)).toThrow();
    expect(inMinutes(await readHistory(repository.directory, first, known))).toEqual({
      touched: 1,
      a: { created: 1, updated: 1 },
    });
  });

  test("refuses a commit that is not there", async () => {
    const repository = testRepository();
    repository.change(at(1), { [file]: on });
    const reading = readHistory(repository.directory, "1".repeat(40));
    await expect(reading).rejects.toThrow(/^Cannot .*1{40}/);
  });
});

describe("readHistory() with any configuration", () => {
  const original = eventful();

  test.each([
    ["log.showRoot", "false"],
    ["log.showSignature", "true"],
    ["log.follow", "true"],
    ["log.diffMerges", "combined"],
    ["format.pretty", "fuller"],
    ["core.abbrev", "4"],
    ["core.quotePath", "true"],
    ["color.ui", "always"],
    ["diff.renames", "copies"],
    ["diff.relative", "true"],
    ["diff.orderFile", "no-such-file"],
    ["diff.ignoreSubmodules", "all"],
    ["i18n.logOutputEncoding", "UTF-16"],
  ])("%s = %s changes nothing", async (key, value) => {
    const { repository, head, history } = await original;
    repository.git("config", key, value);
    onTestFinished(() => void repository.git("config", "--unset", key));
    const inFolder = path.join(repository.directory, "flags");
    expect(await readHistory(repository.directory, head)).toEqual(history);
    expect(await readHistory(inFolder, head)).toEqual(history);
  });

  test("replaced and grafted commits change nothing", async () => {
    const { repository, head, history } = await eventful();
    const [first = "", second = ""] = lines(repository.git("rev-list", "--reverse", "HEAD"));
    repository.git("replace", second, first);
    repository.git("replace", "--graft", head, first);
    expect(repository.git("rev-list", "--count", "HEAD")).toBe("2");
    expect(await readHistory(repository.directory, head)).toEqual(history);
    repository.git("replace", "--delete", second, head);

    mkdirSync(path.join(repository.directory, ".git/info"));
    writeFileSync(path.join(repository.directory, ".git/info/grafts"), `${head} ${first}\n`);
    expect(repository.git("rev-list", "--count", "HEAD")).toBe("2");
    expect(await readHistory(repository.directory, head)).toEqual(history);
  });
});

/**
 * A history that the settings could affect: a root, moves, a merge, a signature, a flag that was a
 * submodule for a while.
 */
async function eventful() {
  const repository = testRepository();
  const first = repository.change(at(1), { [file]: on, "flags/ö.yaml": on });
  repository.git("update-index", "--add", "--cacheinfo", `160000,${first},${file}`);
  repository.commitIndex(at(2));
  repository.change(at(3), { [file]: null });
  repository.move("flags/ö.yaml", "flags/growth/ö.yaml");
  repository.change(at(4), { [file]: on });
  repository.switch("topic");
  repository.change(at(5), { "flags/b.yaml": on });
  repository.switch("main");
  repository.merge(at(6), "topic");

  const gpg = path.join(temporaryDirectory(), "gpg");
  writeFileSync(gpg, "#!/bin/sh\necho Unsigned >&2\nexit 1\n", { mode: 0o755 });
  repository.git("config", "gpg.program", gpg);
  const commit = repository.git("cat-file", "commit", "HEAD");
  const signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n";
  const input = `${commit.replace("\n\n", `\n${signature}`)}\n`;
  const head = repository.run(["hash-object", "-t", "commit", "-w", "--stdin"], { input });
  repository.git("reset", "--quiet", "--soft", head);
  return { repository, head, history: await readHistory(repository.directory, head) };
}
