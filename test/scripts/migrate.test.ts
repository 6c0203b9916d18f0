import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import {
  type Files,
  type TestRepository,
  temporaryDirectory,
  testRepository,
} from "../git/repository.ts";
import { runScript } from "./setup/run.ts";

const flag = "description: Plan meals\nenabled: true\nowner: nutrition\n";
const policy = "# ask #platform\nprotected:\n  - application # what customers get\n";

function repositoryOf(files: Files): TestRepository {
  const repository = testRepository();
  repository.git("config", "user.name", "Ada");
  repository.git("config", "user.email", "ada@example.com");
  repository.change(1_725_105_600, files);
  return repository;
}

function migrate(repository: TestRepository, ...args: string[]) {
  return runScript("migrate", args, { in: repository.directory });
}

function textOf(repository: TestRepository, file: string): string {
  return readFileSync(path.join(repository.directory, file), "utf8");
}

describe.concurrent("migrate", () => {
  test("makes one commit up, and one down that restores every byte", async () => {
    const repository = repositoryOf({ "flags/a/meals.yaml": flag, "flags/policy.yaml": policy });
    const tree = repository.git("rev-parse", "HEAD^{tree}");
    const up = await migrate(repository);
    expect(up).toMatchObject({ code: 0, stderr: "" });
    expect(up.stdout).toContain("Migrated from format 3 to 4\n");
    expect(repository.git("log", "--format=%an %s")).toMatch(
      /^Ada Migrate up: 004_policy_to_project\n/,
    );
    expect(textOf(repository, "bunting.yaml")).toBe(`format: 4\n${policy}`);
    expect(repository.git("status", "--porcelain")).toBe("");
    expect((await runScript("validate", [], { in: repository.directory })).code).toBe(0);

    const down = await migrate(repository, "--to", "3");
    expect(down).toMatchObject({ code: 0, stderr: "" });
    expect(repository.git("rev-parse", "HEAD^{tree}")).toBe(tree);
    expect(repository.git("rev-list", "--count", "HEAD")).toBe("3");
  });

  test("changes nothing with --dry-run, and nothing twice", async () => {
    const repository = repositoryOf({ "flags/a/meals.yaml": flag, "flags/policy.yaml": policy });
    const head = repository.git("rev-parse", "HEAD");
    const dry = await migrate(repository, "--dry-run");
    expect(dry.stdout).toContain("  + bunting.yaml\n  - flags/policy.yaml\nNothing was changed\n");
    expect(repository.git("rev-parse", "HEAD")).toBe(head);
    expect(repository.git("status", "--porcelain")).toBe("");
    await migrate(repository);
    const again = await migrate(repository);
    expect(again).toEqual({
      code: 0,
      stdout: "This repository has format 4 already\n",
      stderr: "",
    });
    expect(repository.git("rev-list", "--count", "HEAD")).toBe("2");
  });

  test("leaves other changes of the work tree alone, and refuses to mix with its own", async () => {
    const repository = repositoryOf({ "flags/a/meals.yaml": flag, "flags/policy.yaml": policy });
    repository.write({ "flags/a/meals.yaml": `${flag}# mine\n`, staged: "mine" });
    repository.git("add", "staged");
    expect((await migrate(repository)).code).toBe(0);
    expect(repository.git("status", "--porcelain")).toBe(" M flags/a/meals.yaml\nA  staged");

    const mixed = repositoryOf({ "flags/policy.yaml": policy });
    mixed.write({ "bunting.yaml": "protected: []\n" });
    mixed.write({ "bunting.yaml": null, "flags/policy.yaml": `${policy}# mine\n` });
    const { code, stderr } = await migrate(mixed);
    expect(code).toBe(2);
    expect(stderr).toContain("flags/policy.yaml differ from the last commit");
  });

  test("does all steps or none", async () => {
    const repository = repositoryOf({ "flags/a/meals.yaml": flag, "bunting.yaml": "format: 4\n" });
    const { code, stderr } = await migrate(repository, "--to", "2");
    expect(code).toBe(1);
    expect(stderr).toContain("1 flag is in a file");
    expect(textOf(repository, "bunting.yaml")).toBe("format: 4\n");
    expect(repository.git("rev-list", "--count", "HEAD")).toBe("1");
  });

  test("refuses an unknown format", async () => {
    const repository = repositoryOf({ "bunting.yaml": "format: 9\n" });
    const { code, stderr } = await migrate(repository);
    expect(code).toBe(1);
    expect(stderr).toContain(
      "Cannot migrate from format 9: this version of bunting knows formats up to 4",
    );
    expect((await migrate(repository, "--to", "9")).code).toBe(2);
  });

  test.each([[["--dry-run"]], [[]]])(
    "%j is refused in a repository without flags, with the next command",
    async (args) => {
      const { code, stdout, stderr } = await migrate(testRepository(), ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(
        /^Cannot find flags\/ or bunting.yaml in ".*"\n {2}hint: bunting init /,
      );
    },
  );

  test("--format json reports each migration and its files", async () => {
    const repository = repositoryOf({ "flags/policy.yaml": policy });
    const { stdout } = await migrate(repository, "--dry-run", "--format", "json");
    expect(JSON.parse(stdout)).toEqual({
      from: 3,
      to: 4,
      dryRun: true,
      migrations: [
        {
          name: "004_policy_to_project",
          direction: "up",
          written: ["bunting.yaml"],
          deleted: ["flags/policy.yaml"],
        },
      ],
    });
    await migrate(repository);
    const again = JSON.parse((await migrate(repository, "--format", "json")).stdout);
    expect(again).toEqual({ from: 4, to: 4, dryRun: false, migrations: [] });
  });

  test("requires a work tree", async () => {
    const { code, stderr } = await runScript("migrate", [], { in: temporaryDirectory() });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^Cannot find a work tree at "\.": not a git repository .*\n {2}hint: .*"git init"\n$/,
    );
  });
});

describe.concurrent("schema", () => {
  const own = "environments: [production, qa]\n";

  test("writes the editor's schemas, and validate warns if they are not up to date", async () => {
    const repository = repositoryOf({ "flags/a/meals.yaml": flag, "bunting.yaml": own });
    const where = { in: repository.directory };
    const { code, stdout } = await runScript("schema", [], where);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: ["audience", "bunting", "flag", "tests"]
        .map((name) => `schema/${name}.schema.json: written\n`)
        .join(""),
    });
    const schema = JSON.parse(textOf(repository, "schema/flag.schema.json"));
    expect(Object.keys(schema.properties.environments.properties)).toEqual(["qa"]);
    expect((await runScript("schema", ["--check"], where)).stdout).toBe("up to date\n");
    expect((await runScript("validate", [], where)).stdout).toBe(
      "1 flag, 2 environments, no problems\n",
    );

    repository.write({ "bunting.yaml": "environments: [production, qa, dev]\n" });
    const late = await runScript("schema", ["--check", "--format", "json"], where);
    expect(late.code).toBe(1);
    expect(JSON.parse(late.stdout).changed).toContain("schema/flag.schema.json");
    const { code: valid, stdout: problems } = await runScript("validate", [], where);
    expect(valid).toBe(0);
    expect(problems).toContain("schema/flag.schema.json:1:1: warning: Is out of date");
  });

  test("completes audiences with their descriptions, and follows them", async () => {
    const staff = "flags/audiences/staff.yaml";
    const condition = 'if: { email_domain: "example.org" }\n';
    const repository = repositoryOf({
      "flags/a/meals.yaml": flag,
      "bunting.yaml": "attributes: { email_domain: string }\n",
      [staff]: `description: Our own staff\nowner: growth\n${condition}`,
      "flags/audiences/beta.yaml": condition,
    });
    const where = { in: repository.directory };
    await runScript("schema", [], where);
    const { $defs } = JSON.parse(textOf(repository, "schema/flag.schema.json"));
    expect($defs.rule.properties.if.properties.audience.anyOf).toEqual([
      { const: "beta" },
      { const: "staff", description: "Our own staff (growth)" },
    ]);
    const validate = async (...paths: string[]) =>
      (await runScript("validate", paths, where)).stdout;
    const outdated = "schema/flag.schema.json:1:1: warning: Is out of date";
    expect(await validate()).not.toContain(outdated);
    expect(await validate("flags/a/meals.yaml")).not.toContain(outdated);
    repository.write({ "flags/audiences/testers.yaml": condition });
    expect(await validate()).toContain(outdated);
    expect((await runScript("schema", ["--check"], where)).code).toBe(1);
  });

  test("refuses a project with errors", async () => {
    const repository = repositoryOf({ "bunting.yaml": "environments: []\n" });
    const { code, stderr } = await runScript("schema", [], { in: repository.directory });
    expect(code).toBe(1);
    expect(stderr).toContain("Cannot read the project");
  });
});
