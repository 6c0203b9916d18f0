import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { build, rebuild } from "../../../store/build/build.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { importCommits, largeHistory } from "../../git/import.ts";
import { type TestRepository, temporaryDirectory, testRepository } from "../../git/repository.ts";
import { filesIn } from "../../scripts/run.ts";
import { at, flagHistory, off, on, stagingOnly } from "../snapshot/flag-history.ts";
import { clockTick, damages } from "./damages.ts";
import { readWhole } from "./whole.ts";

const policy = "protected:\n  - staging\n";

/** Builds `commit`, from the release before where that goes, and says whether it went. */
async function buildAt(repository: Repository, commit: string, out: string) {
  const quick = await rebuild(repository, commit, out);
  if (quick) return { quick: true, ...quick };
  const { snapshot } = await repository.read(commit, "");
  return { quick: false, ...(snapshot && build(repository, snapshot, out)) };
}

/** What a build of `commit` makes where nothing was built before. */
async function fresh(repository: TestRepository, commit: string) {
  const out = path.join(temporaryDirectory(), "release");
  const { snapshot } = await (await Repository.open(repository.directory)).read(commit, "");
  if (!snapshot) throw new Error(`Cannot build ${commit}: it has problems`);
  return {
    ...build(await Repository.open(repository.directory), snapshot, out),
    files: bytes(out),
  };
}

function bytes(directory: string) {
  return filesIn(directory, (name) => readFileSync(name, "utf8"));
}

/** Three flags, a commit that turns one of them on, and both built into `out`. */
async function twice() {
  const repository = testRepository();
  const names = ["improvement_0", "improvement_1", "improvement_2", "meal_planning"];
  const files = names.map((name) => [`flags/a/${name}.yaml`, stagingOnly]);
  const commits = [repository.change(1_700_000_000, Object.fromEntries(files))];
  commits.push(repository.change(1_700_000_060, { "flags/a/meal_planning.yaml": on }));
  const store = await Repository.open(repository.directory);
  const out = path.join(temporaryDirectory(), "release");
  for (const commit of commits) await buildAt(store, commit, out);
  return { repository, store, out, commits, spare: path.join(path.dirname(out), ".release.spare") };
}

describe("rebuild()", () => {
  test("needs only what changed, from the first build on", async () => {
    const repository = testRepository();
    const first = repository.change(1_700_000_000, {
      "flags/a/meal_planning.yaml": stagingOnly,
      "flags/a/activity_tracking.yaml": on,
    });
    const store = await Repository.open(repository.directory);
    const out = path.join(temporaryDirectory(), "release");
    expect(await rebuild(store, first, out)).toBeUndefined();
    expect(await buildAt(store, first, out)).toMatchObject({ quick: false, flags: 2 });
    const second = repository.change(1_700_000_060, { "flags/a/meal_planning.yaml": off });
    const [flags, responses] = [2, 3 * (2 + 1) + 2];
    expect(await rebuild(store, second, out)).toEqual({
      commit: second,
      flags,
      responses,
      written: 3 + 3,
    });
    expect(bytes(out)).toEqual((await fresh(repository, second)).files);
    expect(readWhole(out).commit).toBe(second);
    // In the hidden one the flag is as it was before both.
    const third = repository.change(1_700_000_120, { "flags/a/activity_tracking.yaml": off });
    expect(await rebuild(store, third, out)).toEqual({
      commit: third,
      flags,
      responses,
      written: 6 + 3,
    });
    expect(bytes(out)).toEqual((await fresh(repository, third)).files);
  });

  const events: Record<
    string,
    { quick: boolean; make: (repository: TestRepository) => string; isInvalid?: boolean }
  > = {
    "a flag is turned on": {
      quick: true,
      make: (repository) => repository.change(at(2), { "flags/a/improvement_1.yaml": on }),
    },
    "flags come": {
      quick: true,
      make: (repository) =>
        repository.change(at(2), {
          "flags/a/a_first.yaml": on,
          "flags/b/kitchen.yaml": off,
          "flags/z/zest.yaml": stagingOnly,
        }),
    },
    "flags go": {
      quick: true,
      make: (repository) =>
        repository.change(at(2), {
          "flags/a/improvement_0.yaml": null,
          "flags/a/meal_planning.yaml": null,
        }),
    },
    "a flag goes and comes again": {
      quick: true,
      make: (repository) => {
        repository.change(at(2), { "flags/a/improvement_1.yaml": null });
        return repository.change(at(3), { "flags/a/improvement_1.yaml": on });
      },
    },
    "a flag is changed and changed back": {
      quick: true,
      make: (repository) => {
        repository.change(at(2), { "flags/a/improvement_1.yaml": on });
        return repository.change(at(3), { "flags/a/improvement_1.yaml": stagingOnly });
      },
    },
    "a flag moves to another folder": {
      quick: true,
      make: (repository) => {
        repository.move("flags/a/improvement_1.yaml", "flags/b/improvement_1.yaml");
        return repository.commit(at(2));
      },
    },
    "a branch is merged": {
      quick: true,
      make: (repository) => {
        repository.switch("topic");
        repository.change(at(2), { "flags/a/improvement_2.yaml": on });
        repository.change(at(3), { "flags/b/kitchen.yaml": on });
        repository.switch("main");
        repository.change(at(4), { "flags/a/improvement_1.yaml": on });
        return repository.merge(at(5), "topic");
      },
    },
    "a commit carries an earlier time": {
      quick: true,
      make: (repository) => repository.change(at(-9), { "flags/a/improvement_1.yaml": on }),
    },
    "a commit changes no flag": {
      quick: true,
      make: (repository) => repository.change(at(2), { "README.md": "Flags\n" }),
    },
    "nothing happens": { quick: true, make: (repository) => repository.git("rev-parse", "HEAD") },
    "the policy changes": {
      quick: false,
      make: (repository) => repository.change(at(2), { "flags/policy.yaml": policy }),
    },
    "the commit before is wanted again": {
      quick: false,
      make: (repository) => {
        repository.change(at(2), { "flags/a/improvement_1.yaml": on });
        return repository.git("rev-parse", "HEAD~2");
      },
    },
    "a commit on another line is wanted": {
      quick: false,
      make: (repository) => {
        repository.git("switch", "--quiet", "--orphan", "other");
        return repository.change(at(2), { "flags/a/improvement_1.yaml": on });
      },
    },
    "a flag is not valid": {
      quick: false,
      isInvalid: true,
      make: (repository) => repository.change(at(2), { "flags/a/kitchen.yaml": "enabled: yes\n" }),
    },
    "a flag is no plain file": {
      quick: false,
      isInvalid: true,
      make: (repository) => {
        repository.git("update-index", "--chmod=+x", "flags/a/improvement_1.yaml");
        return repository.commitIndex(at(2));
      },
    },
    "a second file has the name of a flag": {
      quick: false,
      isInvalid: true,
      make: (repository) => repository.change(at(2), { "flags/b/improvement_1.yaml": on }),
    },
    "a file comes that is no flag": {
      quick: false,
      isInvalid: true,
      make: (repository) => repository.change(at(2), { "flags/a/notes.txt": "x" }),
    },
    "flags/ becomes a file": {
      quick: false,
      isInvalid: true,
      make: (repository) => {
        rmSync(path.join(repository.directory, "flags"), { recursive: true });
        return repository.change(at(2), { flags: "x" });
      },
    },
  };

  test.each(Object.entries(events))("%s", async (_what, { quick, make, isInvalid = false }) => {
    const { repository, store, out } = await twice();
    const before = bytes(out);
    const commit = make(repository);
    const built = await buildAt(store, commit, out);
    expect(built.quick).toBe(quick);
    if (isInvalid) {
      expect(bytes(out)).toEqual(before);
      return;
    }
    const { files, ...counts } = await fresh(repository, commit);
    expect(bytes(out)).toEqual(files);
    expect(built).toMatchObject({ flags: counts.flags, responses: counts.responses });
  });
});

describe("rebuild() of 1,700 flags", () => {
  test("needs only what changed, and finds what was touched", async () => {
    const repository = testRepository();
    const [first = "", second = "", third = "", fourth = ""] = importCommits(
      repository.directory,
      largeHistory(1_700, 4),
    );
    const store = await Repository.open(repository.directory);
    const out = path.join(temporaryDirectory(), "release");
    const spare = path.join(path.dirname(out), ".release.spare");
    const quick = [];
    for (const commit of [first, second, third]) {
      quick.push((await buildAt(store, commit, out)).quick);
      expect(readWhole(out).commit).toBe(commit);
    }
    expect(quick).toEqual([false, true, true]);
    clockTick(spare);
    const file = path.join(spare, "v1/feature-flags/improvement_9.json");
    writeFileSync(file, readFileSync(file, "utf8").replace("Enable", "ENABLE"));
    expect((await buildAt(store, fourth, out)).quick).toBe(false);
    expect(bytes(out)).toEqual((await fresh(repository, fourth)).files);
  });
});

describe("rebuild() is not misled when, in the hidden release,", () => {
  test.each(Object.keys(damages))("%s", async (what) => {
    const { repository, store, out, spare } = await twice();
    const outside = temporaryDirectory();
    cpSync(path.join(spare, "v1"), path.join(outside, "v1"), { recursive: true });
    clockTick(spare);
    damages[what]?.(spare, outside);
    for (const [minute, text] of [on, off, stagingOnly].entries()) {
      // One that was damaged, and one that was not.
      const files = minute === 1 ? ["improvement_1"] : ["meal_planning"];
      const changes = files.map((name) => [`flags/a/${name}.yaml`, text]);
      const commit = repository.change(at(minute + 2), Object.fromEntries(changes));
      await buildAt(store, commit, out);
      expect(bytes(out)).toEqual((await fresh(repository, commit)).files);
    }
  });

  test.each(["index.json", "improvement_1.json"])(
    "%s was edited to the same length",
    async (name) => {
      const { repository, store, out, spare } = await twice();
      clockTick(spare);
      const file = path.join(spare, "v1/feature-flags", name);
      writeFileSync(file, readFileSync(file, "utf8").replace("20", "19"));
      for (const minute of [2, 3]) {
        const text = minute === 2 ? on : off;
        const commit = repository.change(at(minute), { "flags/a/improvement_1.yaml": text });
        const { quick } = await buildAt(store, commit, out);
        if (minute === 2) expect(quick).toBe(false);
        expect(bytes(out)).toEqual((await fresh(repository, commit)).files);
      }
    },
  );

  test.each(["the release", "the hidden one"])("%s is a copy", async (which) => {
    const { repository, store, out, spare } = await twice();
    const copied = which === "the release" ? out : spare;
    cpSync(copied, `${copied}.copy`, { recursive: true, preserveTimestamps: true });
    rmSync(copied, { recursive: true });
    renameSync(`${copied}.copy`, copied);
    const commit = repository.change(at(2), { "flags/a/improvement_1.yaml": on });
    expect((await buildAt(store, commit, out)).quick).toBe(false);
    expect(bytes(out)).toEqual((await fresh(repository, commit)).files);
  });

  test("another takes its place meanwhile", async () => {
    const { repository, store, out, spare, commits } = await twice();
    const commit = repository.change(at(2), { "flags/a/improvement_1.yaml": on });
    const building = rebuild(store, commit, out);
    // Its files have been looked at by now, while git is at work.
    await new Promise(setImmediate);
    cpSync(spare, `${spare}.copy`, { recursive: true });
    rmSync(spare, { recursive: true });
    renameSync(`${spare}.copy`, spare);
    writeFileSync(path.join(spare, "v1/feature-flags/improvement_0.json"), "{}");
    expect(await building).toBeUndefined();
    expect(readWhole(out).commit).toBe(commits[1]);
    expect(readdirSync(path.dirname(out)).sort()).toEqual([".release.spare", "release"]);
  });

  test("it was built by another version of the program", async () => {
    const { repository, store, out } = await twice();
    const cache = path.join(repository.directory, ".git/bunting/built.json");
    writeFileSync(cache, readFileSync(cache, "utf8").replace(/^./, "z"));
    const commit = repository.change(at(2), { "flags/a/improvement_1.yaml": on });
    expect((await buildAt(store, commit, out)).quick).toBe(false);
  });
});

test("a directory that is built again and again holds what a fresh build makes, on any history", async () => {
  let [quick, invalid] = [0, 0];
  const trial = fc.asyncProperty(flagHistory, async (history) => {
    const repository = testRepository();
    const out = path.join(temporaryDirectory(), "release");
    for (const commit of importCommits(repository.directory, history)) {
      const store = await Repository.open(repository.directory);
      const built = await buildAt(store, commit, out);
      if (built.quick) quick += 1;
      if (!("flags" in built)) invalid += 1;
      else expect(bytes(out)).toEqual((await fresh(repository, commit)).files);
    }
  });
  await fc.assert(trial, { numRuns: 25 });
  expect(quick).toBeGreaterThan(10);
  expect(invalid).toBeGreaterThan(5);
});
