import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { commandLine } from "../../scripts/command/command-line.ts";
import { commandNames, loadCommand } from "../../scripts/commands.ts";
import { temporaryDirectory, testRepository } from "../git/repository.ts";
import { runNpm, runScript, startScript, testCheckout, top } from "./setup/run.ts";

const on = "description: Plan meals\nenabled: true\nowner: nutrition\n";

const commands = {
  validate: ["--format <FORMAT>", "--repo <PATH>", "--today <DAY>"],
  format: ["--repo <PATH>", "--check", "--format <FORMAT>"],
  build: ["--at <COMMIT>", "--out <DIRECTORY>", "--repo <PATH>", "--format <FORMAT>"],
  plan: ["--base <REF>", "--head <REF>", "--repo <PATH>", "--format <FORMAT>"],
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
    expect(stdout).toContain(`Usage: bunting ${name} [options]`);
    const named = [...stdout.matchAll(/^ {2}(--\S+(?: <[A-Z]+>)?) {2}/gm)];
    expect(named.map(([, option = ""]) => option).sort()).toEqual([...options].sort());
  });

  test("a misspelt option exits with 2, and names the closest one and --help", async () => {
    const args = [`--${options[0]?.slice("--".length, -1)}`.replace(/ .*/, "x")];
    const { code, stdout, stderr } = await runScript(name, args, { in: temporaryDirectory() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`unknown option '${args[0]}' (did you mean --`);
    expect(stderr).toContain(`hint: bunting ${name} --help\n`);
  });
});

describe.concurrent("bunting", () => {
  test.each([[[]], [["--help"]], [["help"]]])("%j lists every command", async (args) => {
    const [name = "", ...others] = args.length === 0 ? ["--help"] : args;
    const { code, stdout } = await startScript(name, others, { in: temporaryDirectory() }).ended;
    expect(code).toBe(0);
    for (const command of [...Object.keys(commands), "start", "publish", "stale"])
      expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
  });

  test("help NAME shows the help of a command", async () => {
    const { code, stdout } = await runScript("help", ["plan"], { in: temporaryDirectory() });
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: bunting plan [options]");
  });

  test("--version is the version of the package", async () => {
    const { stdout } = await runScript("--version", [], { in: temporaryDirectory() });
    const { version } = JSON.parse(readFileSync(path.join(top, "package.json"), "utf8"));
    expect(stdout).toBe(`${version}\n`);
  });

  test.each([
    ["valdate", 'did you mean "validate"?'],
    ["constructor", "bunting --help"],
  ])("%s exits with 2 and hints: %s", async (name, hint) => {
    const { ended } = startScript(name, [], { in: temporaryDirectory() });
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(`Cannot run "${name}": there is no such command\n  hint: ${hint}\n`);
  });

  test("no command does anything when it is imported", async () => {
    const modules = readdirSync(path.join(top, "scripts"), { recursive: true, encoding: "utf8" })
      // The program itself, and development tools, which are no commands.
      .filter((file) => file.endsWith(".ts") && !/^(?:bunting\.ts|(?:dev|package)\/)/.test(file));
    expect(modules).toEqual(expect.arrayContaining(["start.ts", "init/init.ts"]));
    for (const file of modules) await import(path.join(top, "scripts", file));
    expect(process.exitCode).toBeUndefined();
  });
});

describe("the help texts", async () => {
  const loaded = await Promise.all(commandNames.map(loadCommand));
  const all = loaded.flatMap((command) => command ?? []);

  test("are in the imperative", () => {
    for (const { name, summary, options } of all) {
      const texts = [summary, ...Object.values(options).map(({ help }) => help)];
      const sentences = texts.flatMap((text) => text.split(/\. |; | and /));
      const thirdPerson =
        /^(?:makes|adds|prints|publishes|allows|reads|waits|trusts|checks|writes|shows|exits)\b/i;
      expect(
        sentences.filter((sentence) => thirdPerson.test(sentence)),
        name,
      ).toEqual([]);
      expect(summary, name).toMatch(/^[A-Z][a-z]*[^s ] /);
    }
  });

  test("of development tools are in the imperative, too", () => {
    const files = ["scripts/dev", "scripts/package", "test/bench"].flatMap((folder) =>
      readdirSync(path.join(top, folder)).map((name) => path.join(top, folder, name)),
    );
    const texts = files
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(file, "utf8"));
    const summaries = texts.flatMap((text) => /summary:\s*["'`](.*)/.exec(text)?.[1] ?? []);
    expect(summaries.length).toBeGreaterThan(4);
    expect(summaries.filter((summary) => /^[A-Z][a-z]*s\b/.test(summary))).toEqual([]);
  });

  test.each(["at", "today", "dry-run", "format", "repo"])("describe --%s in one way", (option) => {
    const used = all.filter(({ name }) => !(name === "init" && option === "repo"));
    const found = used.flatMap(({ options }) => options[option] ?? []);
    expect(found.length).toBeGreaterThan(2);
    expect(new Set(found.map(({ value, help }) => `<${value}> ${help}`)).size).toBe(1);
  });

  test("offer JSON wherever there is a result", () => {
    const without = all.filter(({ options }) => !options.format?.choices?.includes("json"));
    expect(without.map(({ name }) => name)).toEqual(["start"]);
  });
});

describe("commandLine()", () => {
  test.each([
    [{}, "bunting plan"],
    [{ npm_command: "exec", npm_lifecycle_event: "npx" }, "npx bunting plan"],
    [{ npm_command: "run-script", npm_lifecycle_event: "plan" }, "npm run plan --"],
    [{ npm_command: "run", npm_lifecycle_event: "validate" }, "npx bunting plan"],
    [
      { npm_command: "run", npm_lifecycle_event: "validate", npm_package_name: "bunting" },
      "npm run plan --",
    ],
    [{ npm_command: "run-script", npm_lifecycle_event: "deploy" }, "npx bunting plan"],
  ])("with %j is %s", (env, wanted) => {
    expect(commandLine("plan", env)).toBe(wanted);
  });

  test("npm start needs no run", () => {
    const env = { npm_command: "start", npm_lifecycle_event: "start" };
    expect(commandLine("start", env)).toBe("npm start --");
  });
});

describe.concurrent("a hint names a command as the user can call it", () => {
  const npm = { npm_command: "run", npm_lifecycle_event: "validate", npm_package_name: "bunting" };
  const callers: [object, string][] = [
    [{}, "bunting "],
    [{ npm_command: "exec" }, "npx bunting "],
    [npm, "npm run "],
  ];

  /** A repository with a policy in an unusual layout, and a file that is not formatted. */
  function withPolicy(): string {
    const repository = planner();
    const files = {
      "flags/policy.yaml": "{ protected: [] }\n",
      "flags/nutrition/a.yaml": `\ufeff${on}`,
    };
    repository.change(1_700_000_060, files);
    return repository.directory;
  }

  test.each(callers)("in a problem and an error, with %j: %s", async (env, program) => {
    const where = { in: withPolicy(), env: { ...env } };
    const { stdout } = await runScript("validate", [], where);
    expect(stdout).toContain(`\n  hint: run: ${program}migrate\n`);
    expect(stdout).toContain(`\n  hint: run: ${program}format\n`);
    const { code, stderr } = await runScript("migrate", [], where);
    expect(code).toBe(1);
    expect(stderr).toContain(`layout\n  hint: run: ${program}format\n`);
    const help = await runScript("start", ["--help"], where);
    const options = program === "npm run " ? "-- --add FILE" : "--add FILE";
    expect(help.stdout).toContain(`"${program}token ${options}"`);
    const settings = { ...env, FLAGS_REMOTE: "file:///nowhere" };
    const server = startScript("start", [], { in: temporaryDirectory(), env: settings });
    expect((await server.ended).stderr).toContain(`run: ${program}token ${options}`);
  });

  test.each(["json", "github"])("--format %s names only the program", async (format) => {
    const where = { in: withPolicy(), env: npm };
    const { stdout } = await runScript("validate", ["--format", format], where);
    expect(stdout).toContain("un: bunting migrate");
  });
});

describe.concurrent("usage", () => {
  const json = "text, json";
  test.each([
    ["validate", `${json}, github`],
    ["build", json],
    ["plan", `${json}, markdown`],
  ])("%s --format yaml names the choices and exits with 2", async (name, choices) => {
    const { directory } = planner();
    const { code, stdout, stderr } = await runScript(name, ["--format", "yaml"], { in: directory });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(`argument 'yaml' is invalid. Allowed choices are ${choices}.`);
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
    expect(stderr).toMatch(
      /^Cannot read flags from "\.": not a git repository .*\n {2}hint: .*"git init"\n$/,
    );
  });

  test.each(["build", "plan"])(
    "%s in a shallow clone names the fix and exits with 2",
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
    ["build", "--at=v9", "v9", ""],
    ["build", "--at=--output=x", "--output=x", ""],
    [
      "plan",
      "--base=v9",
      "v9",
      "  hint: name the branch that the change is merged into: --base main\n",
    ],
    ["plan", "--head=v9", "v9", ""],
  ])("%s %s of no commit exits with 2", async (name, option, revision, hint) => {
    const { directory } = planner();
    const { code, stdout, stderr } = await runScript(name, [option], { in: directory });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      `Cannot find "${revision}" in ".": there is no such commit; branches here: main\n${hint}`,
    );
  });

  test("a path for a command without operands exits with 2", async () => {
    const { code, stderr } = await runScript("build", ["flags"], { in: planner().directory });
    expect(code).toBe(2);
    expect(stderr).toContain('Cannot use "flags": build takes options only');
  });

  test("a closed pipe is no failure", async () => {
    const where = { in: planner().directory, readsStdout: false };
    const { code, stderr } = await startScript("validate", ["--format", "json"], where).ended;
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

  test("npm run format passes --check", async () => {
    const repository = checkout();
    repository.write({ "flags/nutrition/meal_planning.yaml": on.replace("true", "  true") });
    const args = ["run", "format", "--", "--check"];
    const { code, stdout } = await runNpm(args, { in: repository.directory });
    expect(code).toBe(1);
    expect(stdout).toContain("\nflags/nutrition/meal_planning.yaml: not formatted\n");
  });

  test("has a script for each command", () => {
    const { scripts } = JSON.parse(readFileSync(path.join(top, "package.json"), "utf8"));
    const run = "node --import tsx/esm scripts/bunting.ts";
    const names = commandNames.filter((name) => name !== "start" && name !== "init");
    expect(scripts).toMatchObject(
      Object.fromEntries(names.map((name) => [name, `${run} ${name}`])),
    );
    expect(scripts.start).toBe(`exec ${run} start`);
  });
});
