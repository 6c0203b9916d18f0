import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory, testRepository } from "../git/repository.ts";
import { runNpm, runScript, testCheckout } from "./run.ts";

const on = "description: Plan meals\nenabled: true\nowner: nutrition\n";

const commands = {
  validate: ["--format FORMAT", "--today DAY", "--help"],
  format: ["--check", "--help"],
  build: ["--at COMMIT", "--out DIRECTORY", "--repo PATH", "--format FORMAT", "--help"],
  plan: ["--base REF", "--head REF", "--repo PATH", "--format FORMAT", "--help"],
};

function planner() {
  const repository = testRepository();
  repository.change(1_700_000_000, { "flags/nutrition/meal_planning.yaml": on });
  return repository;
}

describe.concurrent.each(Object.entries(commands))("%s", (name, options) => {
  test("--help names every option and exits with 0", async () => {
    const { code, stdout, stderr } = await runScript(name, ["--help"], {
      in: temporaryDirectory(),
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`Usage: npm run ${name} -- [OPTION…]`);
    const named = stdout.matchAll(/^ {2}(--\S+(?: [A-Z]+)?) {2}/gm);
    expect([...named].map(([, option]) => option)).toEqual(options);
  });

  test("a misspelt option is named, with the way to help, and exits with 2", async () => {
    const args = ["--formt", "json"];
    const { code, stdout, stderr } = await runScript(name, args, { in: temporaryDirectory() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("'--formt'");
    expect(stderr).toContain(`See: npm run ${name} -- --help\n`);
  });
});

describe.concurrent("usage", () => {
  const json = "text, json";
  test.each([
    ["validate", `${json} or github`],
    ["build", "text or json"],
    ["plan", `${json} or markdown`],
  ])("%s --format yaml names the choices and exits with 2", async (name, choices) => {
    const { directory } = planner();
    const { code, stdout, stderr } = await runScript(name, ["--format", "yaml"], { in: directory });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(`Cannot use --format "yaml": it must be ${choices}\n`);
  });

  test.each(["validate", "format"])("%s of a path that is not there exits with 2", async (name) => {
    const { directory } = planner();
    const { code, stdout, stderr } = await runScript(name, ["flags/gone.yaml"], { in: directory });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe('Cannot read "flags/gone.yaml": there is no such file or folder\n');
  });

  test.each(["build", "plan"])(
    "%s of a repository that is not there exits with 2",
    async (name) => {
      const { directory } = planner();
      const gone = path.join(directory, "gone");
      const { code, stderr } = await runScript(name, ["--repo", gone], { in: directory });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `Cannot read flags from "${gone}": there is no such directory\n`,
      });
    },
  );

  test.each(["build", "plan"])("%s outside of a git repository exits with 2", async (name) => {
    const { code, stdout, stderr } = await runScript(name, [], { in: temporaryDirectory() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Cannot read flags from "\.": not a git repository .*\n$/);
  });

  test.each(["build", "plan"])(
    "%s in a shallow clone tells the cure and exits with 2",
    async (name) => {
      const repository = planner();
      repository.change(1_700_000_060, { "flags/nutrition/recipe_import.yaml": on });
      const clone = repository.clone("--depth=1");
      const { code, stdout, stderr } = await runScript(name, [], { in: clone.directory });
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain("git fetch --unshallow");
      expect(stderr).toContain("fetch-depth: 0");
    },
  );

  test.each([
    ["build", "--at=v9", "v9"],
    ["build", "--at=--output=x", "--output=x"],
    ["plan", "--base=v9", "v9"],
    ["plan", "--head=v9", "v9"],
  ])("%s %s of no commit exits with 2", async (name, option, revision) => {
    const { directory } = planner();
    const { code, stdout, stderr } = await runScript(name, [option], { in: directory });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(`Cannot find "${revision}" in ".": no such commit is there\n`);
  });

  test("a path where none is taken exits with 2", async () => {
    const { code, stderr } = await runScript("build", ["flags"], { in: planner().directory });
    expect(code).toBe(2);
    expect(stderr).toContain("'flags'");
  });

  test("a reader that has seen enough is no failure", async () => {
    const where = { in: planner().directory, isHeard: false };
    const { code, stderr } = await runScript("validate", ["--format", "json"], where);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

describe.concurrent("npm", () => {
  function checkout() {
    const repository = testCheckout();
    repository.change(1_700_000_000, { "flags/nutrition/meal_planning.yaml": on });
    return repository;
  }

  test("npm run validate prints one line and exits with 0", async () => {
    const { code, stdout } = await runNpm(["run", "validate"], { in: checkout().directory });
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n1 flag, 3 environments, no problems\n$/);
  });

  test("npm run validate exits with 1 where a flag is invalid", async () => {
    const repository = checkout();
    repository.write({ "flags/nutrition/recipe_import.yaml": "enabled: yes\n" });
    const { code, stdout } = await runNpm(["run", "validate"], { in: repository.directory });
    expect(code).toBe(1);
    expect(stdout).toContain("\nflags/nutrition/recipe_import.yaml:1:10: ");
  });

  test("npm run format hands on --check", async () => {
    const repository = checkout();
    repository.write({ "flags/nutrition/meal_planning.yaml": on.replace("true", "  true") });
    const args = ["run", "format", "--", "--check"];
    const { code, stdout } = await runNpm(args, { in: repository.directory });
    expect(code).toBe(1);
    expect(stdout).toContain("\nflags/nutrition/meal_planning.yaml: not formatted\n");
  });

  test("npm run build makes dist/release", async () => {
    const repository = checkout();
    const { code, stdout } = await runNpm(["run", "build"], { in: repository.directory });
    const head = repository.git("rev-parse", "--short=7", "HEAD");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`\nBuilt \\d+ responses of 1 flag at ${head} into dist/release\n$`),
    );
    expect(existsSync(path.join(repository.directory, "dist/release/manifest.json"))).toBe(true);
  });

  test("npm run plan says that nothing changes", async () => {
    const { code, stdout } = await runNpm(["run", "plan"], { in: checkout().directory });
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nPlan \w{7} → \w{7}: nothing changes for consumers\n$/);
  });
});
