import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { importCommits, largeHistory } from "../git/import.ts";
import { type TestRepository, temporaryDirectory, testRepository } from "../git/repository.ts";
import { readCheckedRelease } from "../store/build/checked-release.ts";
import { directoryNamed, filesIn, type Options, runScript, startScript } from "./setup/run.ts";

const on = "description: Plan meals\nenabled: true\nowner: nutrition\n";
const off = on.replace("true", "false");
const file = "flags/nutrition/meal_planning.yaml";

/** Two flags in three commits; the second has the tag `v2`. */
function planner() {
  const repository = testRepository();
  const first = repository.change(1_725_105_600, { [file]: on });
  const second = repository.change(1_725_105_660, { "flags/growth/invite_friends.yaml": off });
  repository.git("tag", "--annotate", "--message=Two", "v2");
  const third = repository.change(1_725_105_720, { [file]: off, "README.md": "Flags\n" });
  return { repository, first, second, third };
}

function build(repository: TestRepository, ...args: string[]) {
  return runScript("build", args, { in: repository.directory });
}

function bytes(directory: string) {
  return filesIn(directory, (name) => readFileSync(name, "base64"));
}

/** The properties that any write changes: content, inode, time. */
function state(directory: string) {
  return filesIn(directory, (name) => {
    const { ino, mtimeNs } = lstatSync(name, { bigint: true });
    return { ino, mtimeNs, bytes: readFileSync(name, "base64") };
  });
}

describe.concurrent("build", () => {
  test("writes each response of a release to a file", async () => {
    const { repository, third } = planner();
    const { code, stdout, stderr } = await build(repository);
    const release = path.join(repository.directory, "dist/release");
    expect(stderr).toBe("");
    expect(stdout).toMatch(
      new RegExp(`^Built \\d+ responses of 2 flags at ${third.slice(0, 7)} into dist/release\n$`),
    );
    expect(code).toBe(0);

    const files = Object.keys(bytes(release)).filter((name) => !name.startsWith("errors/"));
    const flags = ["index.json", "invite_friends.json", "meal_planning.json"];
    const folders = ["development/", "staging/", ""].map(
      (environment) => `${environment}v1/feature-flags`,
    );
    const expected = folders.flatMap((folder) => flags.map((name) => `${folder}/${name}`));
    expect(files).toEqual([...expected, "manifest.json"].sort());
    const read = (name: string) =>
      readFileSync(path.join(release, "v1/feature-flags", name), "utf8");
    expect(read("index.json")).toBe(
      '{"environment":"application","flags":{"invite_friends":false,"meal_planning":false},"updated_at":"2024-08-31T12:02:00Z"}',
    );
    expect(read("meal_planning.json")).toBe(
      '{"name":"meal_planning","enabled":false,"description":"Plan meals","created_at":"2024-08-31T12:00:00Z","updated_at":"2024-08-31T12:02:00Z"}',
    );
  });

  test("writes a correct manifest last", async () => {
    const { repository, third } = planner();
    await build(repository);
    const release = path.join(repository.directory, "dist/release");
    const { format, commit, committed_at } = readCheckedRelease(release);
    expect({ format, commit, committed_at }).toEqual({
      format: 1,
      commit: third,
      committed_at: "2024-08-31T12:02:00Z",
    });
    const written = filesIn(release, (name) => lstatSync(name, { bigint: true }).mtimeNs);
    const { "manifest.json": last = 0n, ...others } = written;
    for (const time of Object.values(others)) expect(time <= last).toBe(true);
  });

  test("gives the same bytes on another clone, in another zone, language and umask", async () => {
    const { repository } = planner();
    const clone = repository.clone();
    const bare = repository.clone("--bare");
    const out = directoryNamed("élsewhere than before");
    const here = { in: repository.directory, env: { TZ: "Pacific/Kiritimati" }, umask: "022" };
    const there = { in: clone.directory, env: { TZ: "America/Los_Angeles" }, umask: "077" };
    const [one, two, three] = await Promise.all([
      startScript("build", [], { ...here, env: { ...here.env, LANG: "tr_TR.UTF-8" } }).ended,
      startScript("build", ["--out", out], { ...there, env: { ...there.env, LC_ALL: "C" } }).ended,
      startScript("build", [], { in: bare.directory, umask: "027" }).ended,
    ]);
    expect([one?.code, two?.code, three?.code]).toEqual([0, 0, 0]);
    const release = bytes(path.join(repository.directory, "dist/release"));
    expect(Object.keys(release).length).toBeGreaterThan(9);
    expect(bytes(out)).toEqual(release);
    expect(bytes(path.join(bare.directory, "dist/release"))).toEqual(release);
    expect(lstatSync(path.join(out, "manifest.json")).mode & 0o777).toBe(0o600);
  });

  test("--at builds an older commit, by its id, a tag or a name relative to another", async () => {
    const { repository, first, second } = planner();
    const at = async (revision: string) => {
      const out = path.join(temporaryDirectory(), "release");
      const { code } = await build(repository, "--at", revision, "--out", out);
      return { code, commit: readCheckedRelease(out).commit, state: readList(out) };
    };
    expect(await Promise.all([first.slice(0, 8), "v2", "HEAD~1"].map(at))).toEqual([
      { code: 0, commit: first, state: { meal_planning: true } },
      { code: 0, commit: second, state: { invite_friends: false, meal_planning: true } },
      { code: 0, commit: second, state: { invite_friends: false, meal_planning: true } },
    ]);
  });

  test("builds the commit, not the work tree, and reports the differences", async () => {
    const { repository, third } = planner();
    const hostile = "flags/growth/a\n::error::b.yaml";
    repository.write({
      "bunting.yaml": "environments: [production]\n",
      [file]: on,
      [hostile]: on,
      "flags/growth/invite_friends.yaml": null,
    });
    const { code, stderr } = await build(repository);
    expect(code).toBe(0);
    expect(stderr.split("\n").sort()).toEqual(
      [
        "",
        `Note: the work tree differs from ${third.slice(0, 7)} in 4 files; only the commit was built`,
        "  bunting.yaml",
        "  flags/growth/a\\u{a}::error::b.yaml",
        "  flags/growth/invite_friends.yaml",
        `  ${file}`,
      ].sort(),
    );
    const release = path.join(repository.directory, "dist/release");
    expect(readList(release)).toEqual({ invite_friends: false, meal_planning: false });
  });

  test("does not report differences elsewhere, or in times only", async () => {
    const { repository } = planner();
    repository.write({ "README.md": "All flags\n", "notes.txt": "x", [file]: off });
    const { code, stderr } = await build(repository);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("prints the problems of an invalid commit, exits with 1 and keeps the old release", async () => {
    const { repository, third } = planner();
    await build(repository);
    const before = state(path.join(repository.directory, "dist"));
    const invalid = repository.change(1_725_105_780, { [file]: "# Soon\nenabled: yes\n" });
    const { code, stdout, stderr } = await build(repository);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      new RegExp(`^Cannot compile ${invalid.slice(0, 7)}:\n${file}:2:10: .*\\[wrong-type\\]\n`),
    );
    expect(stderr).toContain("\n1 problem in 1 file, 2 flags checked\n");
    expect(state(path.join(repository.directory, "dist"))).toEqual(before);
    expect(readCheckedRelease(path.join(repository.directory, "dist/release")).commit).toBe(third);
  });

  test("refuses a directory with other files, and does not change it", async () => {
    const { repository } = planner();
    const out = directoryNamed("app");
    mkdirSync(path.join(out, "v1/feature-flags"), { recursive: true });
    writeFileSync(path.join(out, "manifest.json"), '{"name":"MealTrack","format":1,"icons":[]}\n');
    writeFileSync(path.join(out, "v1/feature-flags/index.json"), "{}");
    const before = state(path.dirname(out));
    const { code, stdout, stderr } = await build(repository, "--out", out);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      `Cannot build into "${out}": it holds other files; wanted a new or empty one, or one that a build made\n`,
    );
    expect(state(path.dirname(out))).toEqual(before);
  });

  test("refuses a file instead of a directory, and does not change it", async () => {
    const { repository } = planner();
    const { code, stderr } = await build(repository, "--out", "README.md");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Cannot build into "README\.md": .+\n$/);
    expect(readFileSync(path.join(repository.directory, "README.md"), "utf8")).toBe("Flags\n");
  });

  test.each(["/proc/release", "/proc/new/release"])("--out %s ends with an error", async (out) => {
    const { repository } = planner();
    const { code, stderr } = await build(repository, "--out", out);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      new RegExp(`^Cannot build into "${out}": ENOENT: no such file or directory, mkdir '/proc/`),
    );
  });

  test("--repo names another clone, with a work tree or bare", async () => {
    const { repository, third } = planner();
    const bare = repository.clone("--bare");
    const cwd = temporaryDirectory();
    const repos = [repository.directory, path.join(repository.directory, "flags"), bare.directory];
    const built = await Promise.all(
      repos.map(async (repo, index) => {
        const args = ["--repo", repo, "--out", `out ${index}/release`];
        const { code, stderr } = await runScript("build", args, { in: cwd });
        return {
          code,
          stderr,
          commit: readCheckedRelease(path.join(cwd, `out ${index}/release`)).commit,
        };
      }),
    );
    expect(built).toEqual(repos.map(() => ({ code: 0, stderr: "", commit: third })));
    expect(readdirSync(repository.directory).sort()).toEqual([".git", "README.md", "flags"]);
  });

  test("--format json prints the result as JSON", async () => {
    const { repository, third } = planner();
    const again = async () => JSON.parse((await build(repository, "--format", "json")).stdout);
    const first = await again();
    const { responses } = readCheckedRelease(path.join(repository.directory, "dist/release"));
    const facts = { commit: third, out: "dist/release", flags: 2, responses: responses.length };
    expect(first).toEqual(facts);
    expect(await again()).toEqual(facts);
  });

  test("runs in a git hook, whose variables name another repository", async () => {
    const { repository, third } = planner();
    const other = testRepository();
    other.change(1_600_000_000, { "flags/other/other_things.yaml": on });
    const { code, stderr } = await runScript("build", [], {
      in: repository.directory,
      env: {
        GIT_DIR: path.join(other.directory, ".git"),
        GIT_INDEX_FILE: path.join(other.directory, ".git/index"),
        GIT_WORK_TREE: other.directory,
        GIT_PREFIX: "",
        EDITOR: "false",
        PAGER: "false",
      },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readCheckedRelease(path.join(repository.directory, "dist/release")).commit).toBe(third);
  });

  test("builds from a read-only clone", async () => {
    const { repository, third } = planner();
    rmSync(path.join(repository.directory, ".git/bunting"), { recursive: true, force: true });
    // A file instead of the cache's folder, which also works for users who may write everywhere.
    writeFileSync(path.join(repository.directory, ".git/bunting"), "");
    chmodSync(path.join(repository.directory, ".git"), 0o555);
    const out = path.join(temporaryDirectory(), "release");
    const { code, stderr } = await build(repository, "--out", out);
    chmodSync(path.join(repository.directory, ".git"), 0o755);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(readCheckedRelease(out).commit).toBe(third);
  });
});

describe("build of 300 flags", () => {
  const repository = testRepository();
  const commits = importCommits(repository.directory, largeHistory(300, 4));
  const dist = path.join(repository.directory, "dist");
  const release = path.join(dist, "release");
  const at = (commit = ""): [string, string[], Options] => [
    "build",
    ["--at", commit],
    { in: repository.directory },
  ];

  test("killed while it writes leaves one of two releases, or the next build restores it", async () => {
    const [first, second, third] = commits;
    await runScript(...at(first));
    for (const delay of [0, 15, 40]) {
      const { child, ended } = startScript(...at(second));
      const isWriting = () => readdirSync(dist).some((name) => name.startsWith(".release.next-"));
      const poll = setInterval(() => {
        if (!isWriting()) return;
        clearInterval(poll);
        setTimeout(() => child.kill("SIGKILL"), delay);
      }, 1);
      await ended;
      clearInterval(poll);
      if (existsSync(release))
        expect([first, second]).toContain(readCheckedRelease(release).commit);
      const { code } = await runScript(...at(delay === 40 ? third : first));
      expect({ code, commit: readCheckedRelease(release).commit }).toEqual({
        code: 0,
        commit: delay === 40 ? third : first,
      });
      expect(readdirSync(dist)).toEqual(["release"]);
    }
  });

  test("twice at once, of different commits, leaves one complete release", async () => {
    for (const _round of [1, 2]) {
      const pair = commits.slice(2, 4);
      const ran = await Promise.all(pair.map((commit) => startScript(...at(commit)).ended));
      expect(ran.map(({ code }) => code)).toEqual([0, 0]);
      expect(pair).toContain(readCheckedRelease(release).commit);
      expect(readdirSync(dist)).toEqual(["release"]);
    }
  });
});

function readList(release: string): Record<string, boolean> {
  const list = readFileSync(path.join(release, "v1/feature-flags/index.json"), "utf8");
  return JSON.parse(list).flags;
}
