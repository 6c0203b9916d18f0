/** Commands in a directory that is not the top of a repository of flags. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory, testRepository } from "../../git/repository.ts";
import { runScript } from "../setup/run.ts";

const flag = "description: Check out in one step\nenabled: true\nowner: billing\n";

describe("outside of a repository of flags", () => {
  test.each(["validate", "format", "schema"])(
    "%s names the command that makes one",
    async (name) => {
      const directory = temporaryDirectory();
      const { code, stderr } = await runScript(name, [], { in: directory });
      expect(stderr).toBe(
        'Cannot find flags/ or bunting.yaml in "."\n  hint: bunting init writes a first flag; --repo names another directory\n',
      );
      expect(code).toBe(2);
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  test("validate in a bare clone asks for one with files", async () => {
    const repository = testRepository();
    repository.change(1_725_105_600, { "flags/billing/a.yaml": flag });
    const { directory } = repository.clone("--bare");
    const { code, stderr } = await runScript("validate", [], { in: directory });
    expect(code).toBe(2);
    expect(stderr).toContain(
      "\n  hint: this is a bare clone, which has no files; name one with a work tree by --repo\n",
    );
  });

  test("validate in a folder of a repository names its top", async () => {
    const repository = testRepository();
    repository.write({
      "bunting.yaml": "environments: [production]\n",
      "flags/billing/a.yaml": "",
    });
    const place = path.join(repository.directory, "flags/billing");
    const { code, stderr } = await runScript("validate", [], { in: place });
    expect(stderr).toContain('run the command in "../.."');
    expect(code).toBe(2);
  });

  test.each([
    ["build", "dist/release"],
    ["types", "src/flag-names.ts"],
  ])("%s in a folder writes %s at the top, or with --repo in the folder", async (name, out) => {
    const repository = testRepository();
    repository.change(1_725_105_600, { "flags/billing/a.yaml": flag });
    const { directory } = repository;
    const place = path.join(directory, "flags/billing");
    const ran = await runScript(name, [], { in: place });
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(`../../${out}`) });
    expect(readdirSync(place)).toEqual(["a.yaml"]);
    expect(existsSync(path.join(directory, out))).toBe(true);
    const application = temporaryDirectory();
    await runScript(name, ["--repo", directory], { in: application });
    expect(existsSync(path.join(application, out))).toBe(true);
  });

  test("types names the file that it cannot write", async () => {
    const repository = testRepository();
    repository.change(1_725_105_600, { "flags/billing/a.yaml": flag });
    const out = "flags/billing/a.yaml/names.ts";
    const ran = await runScript("types", ["--out", out], { in: repository.directory });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toMatch(/^Cannot write "flags\/billing\/a\.yaml\/names\.ts": /);
  });

  test("init in a folder of a git repository writes nothing, and names the top", async () => {
    const { directory } = testRepository();
    mkdirSync(path.join(directory, "docs"));
    const why = "flags are read from the top of a git repository, which is";
    for (const [place, args, folder, top] of [
      ["docs", ["--yes"], ".", ".."],
      [".", ["--yes", "new/flags"], "new/flags", "."],
    ] as const) {
      const ran = await runScript("init", args, { in: path.join(directory, place) });
      expect(ran).toMatchObject({ code: 2, stdout: "" });
      expect(ran.stderr).toBe(
        `Cannot write to "${folder}": ${why} "${top}"\n  hint: run the command there, or first run "git init" in "${folder}"\n`,
      );
    }
    expect(readdirSync(directory).sort()).toEqual([".git", "docs"]);
    expect(readdirSync(path.join(directory, "docs"))).toEqual([]);
    execFileSync("git", ["init", "--quiet", "docs"], { cwd: directory });
    expect((await runScript("init", ["--yes", "docs"], { in: directory })).code).toBe(0);
  });

  test("init keeps a .gitignore, and notes what it lacks", async () => {
    const repository = testRepository();
    repository.write({ ".gitignore": "node_modules\n/dist/\r\n" });
    const ran = await runScript("init", ["--yes"], { in: repository.directory });
    expect(ran.stdout).toContain("kept  .gitignore, which exists\n");
    expect(ran.stderr).toBe(
      "Note: .gitignore lacks /.data/: what commands write there is not for commits\n",
    );
    repository.write({ ".gitignore": "node_modules\ndist\n.data/\n" });
    expect((await runScript("init", ["--yes"], { in: repository.directory })).stderr).toBe("");
  });

  test("init notes that a repository with commits has no branch main", async () => {
    const repository = testRepository();
    repository.change(1_725_105_600, { "README.md": "Flags\n" });
    repository.git("branch", "--move", "trunk");
    const init = () => runScript("init", ["--yes"], { in: repository.directory });
    expect((await init()).stderr).toBe(
      "Note: the workflows, the server and the plan take the branch main, which is missing; to rename this branch: git branch --move main\n",
    );
    repository.git("branch", "--move", "main");
    rmSync(path.join(repository.directory, "bunting.yaml"));
    expect((await init()).stderr).toBe("");
  });

  test("init says to make a repository, and which file it cannot write", async () => {
    const directory = temporaryDirectory();
    const { stdout } = await runScript("init", ["--yes"], { in: directory });
    expect(stdout).toMatch(/\nNext: git init --initial-branch main && git add --all && /);
    const ran = await runScript("init", ["bunting.yaml"], { in: directory });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toMatch(/^Cannot write "bunting.yaml\//);
  });

  test("before the first commit, init renames a branch that is not main, and plan tells to commit", async () => {
    const directory = temporaryDirectory();
    const git = (...args: string[]) => execFileSync("git", args, { cwd: directory });
    git("init", "--quiet", "--template=", "--initial-branch=master");
    const args = ["--yes", "--repo=."];
    const { stdout } = await runScript("init", args, { in: directory });
    expect(stdout).toMatch(/\nNext: git branch --move main && git add --all && /);
    const plan = await runScript("plan", [], { in: directory });
    expect(plan.stderr).toContain('"main" in ".": there is no such commit; create the first one');
    git("branch", "--move", "main");
    rmSync(path.join(directory, ".gitignore"));
    const again = await runScript("init", args, { in: directory });
    expect(again.stdout).toMatch(/\nNext: git add --all && /);
  });
});
