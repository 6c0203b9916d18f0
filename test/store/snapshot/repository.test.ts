import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { defaultProject } from "../../../schema/project/project.ts";
import { CommitSize } from "../../../store/commit/commit-size.ts";
import { type Reading, Repository } from "../../../store/snapshot/repository.ts";
import {
  authored,
  type TestRepository,
  temporaryDirectory,
  testRepository,
} from "../../git/repository.ts";
import { readInProcess } from "./process.ts";

const today = "2026-01-01";
const on = "description: Plan meals\nenabled: true\nowner: nutrition\n";
const off = on.replace("true", "false");

function at(minutes: number): number {
  return authored + 60 * minutes;
}

/** Two flags in three commits. */
function planner() {
  const repository = testRepository();
  const first = repository.change(at(1), { "flags/nutrition/meal_planning.yaml": on });
  const second = repository.change(at(2), { "flags/growth/invite_friends.yaml": off });
  const third = repository.change(at(3), { "flags/nutrition/meal_planning.yaml": off });
  return { repository, first, second, third };
}

async function read(directory: string, revision = "HEAD"): Promise<Reading> {
  const repository = await Repository.open(directory);
  return repository.read(await repository.resolve(revision), today);
}

/** Adds entries to the index that a work tree may not be able to hold. */
function addToIndex(
  repository: TestRepository,
  entries: readonly (readonly [mode: string, file: string | Buffer, text: string])[],
) {
  const ids = new Map<string, string>();
  const records = entries.flatMap(([mode, file, text]) => {
    const blob = ids.get(text) ?? storeObject(repository, "blob", text);
    ids.set(text, blob);
    const id = mode === "160000" ? "1".repeat(40) : blob;
    return [Buffer.from(`${mode} ${id}\t`), Buffer.from(file), Buffer.from("\0")];
  });
  repository.run(["update-index", "-z", "--index-info"], { input: Buffer.concat(records) });
}

function storeObject(repository: TestRepository, type: string, input: string | Buffer): string {
  return repository.run(["hash-object", "-t", type, "-w", "--literally", "--stdin"], { input });
}

function codes({ problems }: Reading): string[] {
  return problems.map(({ file, code }) => `${file}: ${code}`);
}

describe("read()", () => {
  test("gives the flags at a commit by name, in their normal form, with their times in UTC", async () => {
    const { repository, third } = planner();
    const flag = {
      description: "Plan meals",
      owner: "nutrition",
      type: "release",
      expires: "",
      private: false,
      schedules: [],
      metadata: {},
      requires: [],
      audiences: [],
      decisions: {
        application: { enabled: false },
        staging: { enabled: false },
        development: { enabled: false },
      },
      object: repository.git("hash-object", "flags/growth/invite_friends.yaml"),
    };
    expect(await read(repository.directory)).toEqual({
      size: expect.any(CommitSize),
      files: 2,
      problems: [],
      snapshot: {
        commit: third,
        committed_at: "2001-09-09T01:49:40Z",
        updated_at: "2001-09-09T01:49:40Z",
        project: defaultProject,
        audiences: [],
        flags: [
          {
            name: "invite_friends",
            file: "flags/growth/invite_friends.yaml",
            created_at: "2001-09-09T01:48:40Z",
            updated_at: "2001-09-09T01:48:40Z",
            ...flag,
          },
          {
            name: "meal_planning",
            file: "flags/nutrition/meal_planning.yaml",
            created_at: "2001-09-09T01:47:40Z",
            updated_at: "2001-09-09T01:49:40Z",
            ...flag,
          },
        ],
      },
    });
  });

  test("gives the same for a branch, a tag, an annotated tag, a short id and the id", async () => {
    const { repository, first, second } = planner();
    repository.git("branch", "topic/one", second);
    repository.git("tag", "v1", second);
    repository.git("tag", "--annotate", "--message=Version 1", "v1-annotated", second);
    const expected = await read(repository.directory, second);
    expect(expected.snapshot?.commit).toBe(second);
    for (const revision of ["topic/one", "v1", "v1-annotated", second.slice(0, 10), "HEAD~1"]) {
      expect(await read(repository.directory, revision)).toEqual(expected);
    }
    expect((await read(repository.directory, first)).snapshot?.flags).toHaveLength(1);
  });

  test("gives the same from a bare clone, a linked work tree and a folder in the work tree", async () => {
    const { repository, third } = planner();
    const expected = await read(repository.directory);
    const linked = path.join(temporaryDirectory(), "linked");
    repository.git("worktree", "add", "--quiet", "--detach", linked, third);
    const inFolder = path.join(repository.directory, "flags/growth");
    for (const directory of [repository.clone("--bare").directory, linked, inFolder]) {
      expect(await read(directory)).toEqual(expected);
    }
  });

  test("returns no flags if flags/ is missing", async () => {
    const repository = testRepository();
    const commit = repository.change(at(1), { "README.md": "No flags yet" });
    expect(await read(repository.directory)).toEqual({
      size: expect.any(CommitSize),
      files: 0,
      problems: [],
      snapshot: {
        commit,
        committed_at: "2001-09-09T01:47:40Z",
        updated_at: "2001-09-09T01:47:40Z",
        project: defaultProject,
        flags: [],
        audiences: [],
      },
    });
  });

  test("gives warnings beside the snapshot, those of the day included", async () => {
    const repository = testRepository();
    const text = "description: Plan meals\nenabled: true\nexpires: 2026-03-31\n";
    const commit = repository.change(at(1), { "flags/meal_planning.yaml": text });
    const opened = await Repository.open(repository.directory);
    const before = await opened.read(commit, "2026-03-30");
    const after = await opened.read(commit, "2026-04-01");
    expect(codes(before)).toEqual(["flags/meal_planning.yaml: missing-owner"]);
    expect(codes(after).sort()).toEqual([
      "flags/meal_planning.yaml: expired",
      "flags/meal_planning.yaml: missing-owner",
    ]);
    expect([before, after].map(({ snapshot }) => snapshot?.flags.length)).toEqual([1, 1]);
  });

  test("returns all problems of all files, and no snapshot if one is an error", async () => {
    const repository = testRepository();
    repository.change(at(1), {
      "flags/a/meal_planning.yaml": on,
      "flags/b/meal_planning.yaml": on,
      "flags/c/invite_friends.yaml": on.replace("true", "yes"),
      "flags/c/README": "Ours",
      "flags/d/goal_setting.yaml": "enabled: true\n",
    });
    const reading = await read(repository.directory);
    expect(codes(reading)).toEqual([
      "flags/b/meal_planning.yaml: duplicate-name",
      "flags/c/README: not-a-flag",
      "flags/c/invite_friends.yaml: wrong-type",
      "flags/d/goal_setting.yaml: missing-description",
      "flags/d/goal_setting.yaml: missing-owner",
    ]);
    expect(reading).not.toHaveProperty("snapshot");
    expect(reading.files).toBe(5);
  });

  test("refuses a file of 100 MB without reading it into memory", async () => {
    const repository = testRepository();
    const small = repository.change(at(1), { "flags/meal_planning.yaml": on });
    const large = repository.change(at(2), { "flags/large_meals.yaml": Buffer.alloc(100_000_000) });
    const without = await readInProcess(repository.directory, small);
    const reading = await readInProcess(repository.directory, large);
    expect(reading.readings.map(codes)).toEqual([["flags/large_meals.yaml: too-large"]]);
    expect(reading.readings[0]?.problems[0]?.message).toContain(" 100000000 bytes");
    expect(reading.memory - without.memory).toBeLessThan(60);
  });

  test.each([
    ["at the limit", 65_536, "not-a-mapping"],
    ["over the limit", 65_537, "too-large"],
  ])("reads files %s one after the other", async (_, size, code) => {
    const repository = testRepository();
    const text = (start: string) => start.padEnd(size, "[");
    repository.change(at(1), {
      "flags/a_meal.yaml": text("a"),
      "flags/b_meal.yaml": on,
      "flags/c_meal.yaml": text("c"),
      "flags/d_meal.yaml": "",
      "flags/e_meal.yaml": text("e"),
    });
    const { problems } = await read(repository.directory);
    const large = problems.filter(({ file }) => /[ace]_meal/.test(file));
    expect(large.map(({ file }) => file)).toEqual([
      "flags/a_meal.yaml",
      "flags/c_meal.yaml",
      "flags/e_meal.yaml",
    ]);
    expect(new Set(large.map((problem) => problem.code))).toEqual(new Set([code]));
  });

  test("throws if an object is missing, instead of leaving its flag out", async () => {
    const { repository, third } = planner();
    const blob = repository.git("rev-parse", "HEAD:flags/growth/invite_friends.yaml");
    rmSync(path.join(repository.directory, ".git/objects", blob.slice(0, 2), blob.slice(2)));
    await expect(read(repository.directory, third)).rejects.toThrow(`Cannot read object ${blob}`);
  });

  test("throws if a commit of the history is missing", async () => {
    const { repository, second, third } = planner();
    rmSync(path.join(repository.directory, ".git/objects", second.slice(0, 2), second.slice(2)));
    await expect(read(repository.directory, third)).rejects.toThrow(/^Cannot run "git log": .*/);
  });
});

describe("read() of a file that is not plain", () => {
  test.each([
    ["an executable", "100755", on, ["file-mode"]],
    ["a symbolic link", "120000", "other_meals.yaml", ["file-mode"]],
    ["a symbolic link out of the repository", "120000", "/etc/passwd", ["file-mode"]],
    ["a submodule", "160000", "", ["file-mode"]],
  ])("%s is a problem of its own", async (_, mode, text, expected) => {
    const repository = testRepository();
    addToIndex(repository, [[mode, "flags/meal_planning.yaml", text]]);
    repository.commitIndex(at(1));
    const reading = await read(repository.directory);
    expect(codes(reading)).toEqual(expected.map((code) => `flags/meal_planning.yaml: ${code}`));
    expect(reading).not.toHaveProperty("snapshot");
  });

  test.each([
    ["a file", "100644", on, ["not-a-flag"]],
    ["a symbolic link to a folder of flags", "120000", "other", ["file-mode", "not-a-flag"]],
    ["a submodule", "160000", "", ["file-mode", "not-a-flag"]],
  ])("flags as %s is a problem", async (_, mode, text, expected) => {
    const repository = testRepository();
    addToIndex(repository, [
      [mode, "flags", text],
      ["100644", "other/meal_planning.yaml", on],
    ]);
    repository.commitIndex(at(1));
    const reading = await read(repository.directory);
    expect(codes(reading)).toEqual(expected.map((code) => `flags: ${code}`));
    expect(reading.problems.map(({ message }) => message).join()).toContain('"flags"');
    expect(reading).not.toHaveProperty("snapshot");
  });
});

describe("read() of names that no flag has", () => {
  test("all are reported as invalid names", async () => {
    const repository = testRepository();
    const files = [
      "flags/meal\nplanning.yaml",
      "flags/meal_planning\n.yaml",
      "flags/meal\tplanning.yaml",
      "flags/meal\\planning.yaml",
      "flags/meal:planning.yaml",
      `flags/"meal'planning".yaml`,
      "flags/-meal.yaml",
      "flags/--output=meal.yaml",
      "flags/:(glob)*.yaml",
      "flags/:(exclude)/meal_planning.yaml",
      "flags/\x1b[2Jmeal.yaml",
      "flags/\x01meal.yaml",
      "flags/meal\u202eplanning.yaml",
      "flags/nutri\ntion/sign_up.yaml",
      "flags/Meal.yaml",
      "flags/.yaml",
      `flags/${"m".repeat(4_000)}.yaml`,
    ];
    addToIndex(
      repository,
      files.map((file) => ["100644", file, on]),
    );
    repository.commitIndex(at(1));
    const reading = await read(repository.directory);
    expect(codes(reading)).toEqual(
      expect.arrayContaining(files.map((file) => `${file}: invalid-name`)),
    );
    expect(reading.problems.filter(({ severity }) => severity === "error")).toHaveLength(
      files.length,
    );
    expect(reading).not.toHaveProperty("snapshot");
  });

  test("bytes that are no UTF-8 are an invalid name", async () => {
    const repository = testRepository();
    addToIndex(repository, [["100644", Buffer.from("flags/meal_\xff\xfe.yaml", "latin1"), on]]);
    repository.commitIndex(at(1));
    expect(codes(await read(repository.directory))).toEqual([
      "flags/meal_\ufffd\ufffd.yaml: invalid-name",
    ]);
  });

  test("a folder called .. in a forged tree is an invalid name", async () => {
    const { directory } = forge((blob) =>
      tree(["40000", "..", tree(["100644", "meal_planning.yaml", blob])]),
    );
    expect(codes(await read(directory))).toEqual(["flags/../meal_planning.yaml: invalid-name"]);
  });

  test("one name twice in a forged tree is a duplicate", async () => {
    const { directory } = forge((blob) =>
      tree(["100644", "meal_planning.yaml", blob], ["100644", "meal_planning.yaml", blob]),
    );
    expect(codes(await read(directory))).toEqual(["flags/meal_planning.yaml: duplicate-name"]);
  });

  type Tree = {
    readonly entries: readonly (readonly [mode: string, name: string, object: string | Tree])[];
  };

  function tree(...entries: Tree["entries"]): Tree {
    return { entries };
  }

  /** A repository whose `flags/` git itself would not have made. */
  function forge(flags: (blob: string) => Tree): TestRepository {
    const repository = testRepository();
    const store = ({ entries }: Tree): string => {
      const records = entries.flatMap(([mode, name, object]) => {
        const id = typeof object === "string" ? object : store(object);
        return [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")];
      });
      return storeObject(repository, "tree", Buffer.concat(records));
    };
    const id = store(tree(["40000", "flags", flags(storeObject(repository, "blob", on))]));
    const commit = repository.git("commit-tree", "-m", "Forge", id);
    repository.git("update-ref", "refs/heads/main", commit);
    return repository;
  }
});

describe("read() beside other work on the clone", () => {
  test("neither reads nor changes a dirty work tree and its index", async () => {
    const { repository } = planner();
    const { directory } = repository;
    repository.change(at(4), { "flags/growth/gift_cards.yaml": on });
    const expected = await read(directory);
    repository.write({
      "flags/nutrition/meal_planning.yaml": "broken: [",
      "flags/growth/invite_friends.yaml": null,
      "flags/untracked_one.yaml": on,
      "flags/staged_one.yaml": on,
    });
    repository.git("add", "flags/staged_one.yaml");
    const status = repository.git("status", "--porcelain=v2", "--branch");
    // Now git would refresh its index.
    utimesSync(path.join(directory, "flags/growth/gift_cards.yaml"), 1, 1);
    const index = path.join(directory, ".git/index");
    const before = readFileSync(index, "hex");

    expect(await read(directory)).toEqual(expected);
    expect(readFileSync(index, "hex")).toBe(before);
    expect(repository.git("status", "--porcelain=v2", "--branch")).toBe(status);
    expect(repository.git("ls-files", "--others", "--exclude-standard")).not.toContain("bunting");
  });

  test("works if a dead process left locks, and leaves none itself", async () => {
    const { repository } = planner();
    const expected = await read(repository.directory);
    const locks = [
      "index.lock",
      "HEAD.lock",
      "config.lock",
      "refs/heads/main.lock",
      "packed-refs.lock",
    ];
    for (const lock of locks) writeFileSync(path.join(repository.directory, ".git", lock), "");
    rmSync(path.join(repository.directory, ".git/bunting"), { recursive: true });
    expect(await read(repository.directory)).toEqual(expected);
    expect(repository.git("rev-parse", "--git-dir")).toBe(".git");
    for (const lock of locks) rmSync(path.join(repository.directory, ".git", lock));
    expect(repository.git("ls-files", "--others", "-x", "!*.lock")).toBe("");
  });

  test("works in a hook, whose variables point to another repository", async () => {
    const { repository, third } = planner();
    const other = testRepository();
    other.change(at(9), { "flags/other_meals.yaml": on });
    const { directory } = repository;
    const git = path.join(other.directory, ".git");
    const env = {
      GIT_DIR: git,
      GIT_COMMON_DIR: git,
      GIT_WORK_TREE: other.directory,
      GIT_INDEX_FILE: path.join(git, "index"),
      GIT_OBJECT_DIRECTORY: path.join(git, "objects"),
      GIT_NAMESPACE: "other",
      GIT_PREFIX: "flags/",
      GIT_CEILING_DIRECTORIES: "/",
      GIT_LITERAL_PATHSPECS: "1",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "log.showRoot",
      GIT_CONFIG_VALUE_0: "false",
      GIT_TRACE: "1",
      GIT_SHALLOW_FILE: "/dev/null",
      GIT_PAGER: "false",
      PAGER: "false",
      GIT_EXTERNAL_DIFF: "false",
      LC_ALL: "de_DE.UTF-8",
      TZ: "Pacific/Auckland",
    };
    const { readings } = await readInProcess(directory, third, { env });
    expect(readings).toEqual([await read(directory)]);
    expect(existsSync(path.join(git, "bunting"))).toBe(false);
  });
});

describe("open()", () => {
  test("refuses a directory that is not there", async () => {
    const missing = path.join(temporaryDirectory(), "missing");
    await expect(Repository.open(missing)).rejects.toThrow(
      `Cannot read flags from "${missing}": there is no such directory`,
    );
  });

  test("refuses a directory that is no repository", async () => {
    const directory = temporaryDirectory();
    await expect(Repository.open(directory)).rejects.toThrow(
      `Cannot read flags from "${directory}": not a git repository`,
    );
  });

  test("refuses a shallow clone and names the fix", async () => {
    const { repository } = planner();
    const clone = repository.clone("--depth=1");
    const { directory } = clone;
    await expect(Repository.open(directory)).rejects.toThrow(
      /^Cannot read the history .*: the clone is shallow; .*git fetch --unshallow .*fetch-depth: 0/,
    );
    clone.git("fetch", "--quiet", "--unshallow");
    expect(await read(directory)).toEqual(await read(repository.directory));
  });
});

describe("resolve()", () => {
  test("refuses a repository without commits", async () => {
    const opened = await Repository.open(testRepository().directory);
    await expect(opened.resolve("HEAD")).rejects.toThrow(
      /^Cannot find "HEAD" in .*: there is no such commit; create the first one with "git add --all" and "git commit"$/,
    );
  });

  test.each([
    "no-such-branch",
    "",
    "1111111111111111111111111111111111111111",
    "111111",
    "^HEAD",
    "HEAD~1..HEAD",
    "HEAD...HEAD",
    "HEAD^@",
    "HEAD --all",
    "--all",
    "--branches",
    "--git-dir",
    "--help",
    "-h",
    "--output=written",
    "--upload-pack=touch written",
    "HEAD:flags",
    "HEAD:flags/growth/invite_friends.yaml",
    "HEAD^{tree}",
    "a-tree",
    "a-blob",
    "@{upstream}",
    "HEAD\nHEAD",
    "HEAD\0",
    ":(glob)*",
    "$(touch written)",
    "x".repeat(10_000),
  ])("refuses %j", async (revision) => {
    const { repository, opened } = await odd;
    await expect(opened.resolve(revision)).rejects.toThrow(
      `Cannot find "${revision}" in "${repository.directory}": there is no such commit`,
    );
    expect(existsSync(path.join(repository.directory, "written"))).toBe(false);
  });

  test("refuses the ids of a tree and of a blob", async () => {
    const { repository, opened } = await odd;
    for (const object of ["HEAD^{tree}", "a-tree", "a-blob"]) {
      const id = repository.git("rev-parse", object);
      await expect(opened.resolve(id)).rejects.toThrow(/: there is no such commit$/);
    }
  });

  test("ignores replaced commits", async () => {
    const { repository, first, second, third } = planner();
    repository.git("replace", "--graft", third, first);
    expect(repository.git("rev-parse", "HEAD~1")).toBe(first);
    const opened = await Repository.open(repository.directory);
    expect(await opened.resolve("HEAD~1")).toBe(second);
  });

  /** With tags on objects that are not commits. */
  const odd = (async () => {
    const { repository } = planner();
    repository.git("tag", "a-tree", "HEAD^{tree}");
    repository.git("tag", "a-blob", "HEAD:flags/growth/invite_friends.yaml");
    return { repository, opened: await Repository.open(repository.directory) };
  })();
});

describe("relate()", () => {
  test("relates two commits, independent of their times", async () => {
    const { repository, first, third } = planner();
    repository.git("switch", "--quiet", "--create", "topic", first);
    const topic = repository.change(at(0), { "flags/topic_meals.yaml": on });
    repository.git("switch", "--quiet", "main");
    const merge = repository.merge(at(4), "topic");
    const opened = await Repository.open(repository.directory);
    expect(await opened.relate(third, third)).toBe("same");
    expect(await opened.relate(first, third)).toBe("older");
    expect(await opened.relate(topic, merge)).toBe("older");
    expect(await opened.relate(third, first)).toBe("newer");
    expect(await opened.relate(topic, first)).toBe("newer");
    expect(await opened.relate(topic, third)).toBe("unrelated");
    expect(await opened.relate(third, "1".repeat(40))).toBe("unknown");
    expect(await opened.relate("--output=written", third)).toBe("unknown");
  });
});

describe("fork()", () => {
  test("gives the commit at which the head left the base", async () => {
    const { repository, second } = planner();
    repository.git("switch", "--quiet", "--create", "topic", second);
    repository.change(at(4), { "flags/topic_meals.yaml": on });
    const opened = await Repository.open(repository.directory);
    expect(await opened.fork("main", "topic")).toBe(second);
    expect(await opened.fork("topic", "main")).toBe(second);
  });

  test("gives the base itself to a head that descends from it, and to one that shares nothing with it", async () => {
    const { repository, first, third } = planner();
    repository.git("switch", "--quiet", "--orphan", "unrelated");
    repository.change(at(4), { "flags/other_meals.yaml": on });
    const opened = await Repository.open(repository.directory);
    expect(await opened.fork(first, "main")).toBe(first);
    expect(await opened.fork("main", "unrelated")).toBe(third);
  });

  test("refuses an unknown revision", async () => {
    const { repository } = planner();
    const opened = await Repository.open(repository.directory);
    await expect(opened.fork("--output=written", "main")).rejects.toThrow(/^Cannot find "--output/);
  });
});

describe("differences()", () => {
  test("is empty for a clean work tree, with any files outside of flags/, and for a bare clone", async () => {
    const { repository, third } = planner();
    repository.write({ "README.md": "New", ".gitignore": "*.orig\n", "flags/a.yaml.orig": "" });
    for (const { directory } of [repository, repository.clone("--bare")]) {
      expect(await (await Repository.open(directory)).differences(third)).toEqual([]);
    }
  });

  test("lists what is edited, staged, deleted, moved, new or of another commit", async () => {
    const { repository, first, third } = planner();
    repository.change(at(4), { "flags/growth/gift_cards.yaml": on });
    const head = repository.change(at(5), { "flags/growth/sign_up.yaml": on });
    repository.write({
      "flags/nutrition/meal_planning.yaml": on,
      "flags/growth/gift_cards.yaml": null,
      "flags/growth/ö\n.yaml": on,
      "flags/staged_one.yaml": on,
    });
    repository.git("add", "flags/staged_one.yaml");
    repository.git("mv", "flags/growth/sign_up.yaml", "flags/sign_up.yaml");
    const opened = await Repository.open(path.join(repository.directory, "flags/growth"));
    const dirty = [
      "flags/growth/gift_cards.yaml",
      "flags/growth/sign_up.yaml",
      "flags/growth/ö\n.yaml",
      "flags/nutrition/meal_planning.yaml",
      "flags/sign_up.yaml",
      "flags/staged_one.yaml",
    ];
    expect((await opened.differences(head)).sort()).toEqual(dirty);
    repository.git("config", "diff.renames", "copies");
    repository.git("config", "diff.orderFile", "no-such-file");
    repository.git("config", "diff.relative", "true");
    expect((await opened.differences(head)).sort()).toEqual(dirty);

    repository.git("reset", "--quiet", "--hard", third);
    repository.git("clean", "--quiet", "-d", "--force");
    const clean = await Repository.open(repository.directory);
    expect((await clean.differences(first)).sort()).toEqual([
      "flags/growth/invite_friends.yaml",
      "flags/nutrition/meal_planning.yaml",
    ]);
  });
});
