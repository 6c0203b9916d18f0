import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type Code, severities } from "../../schema/problem/codes.ts";
import { temporaryDirectory, testRepository } from "../git/repository.ts";
import { runScript, top } from "./setup/run.ts";

const fixtures = path.join(top, "test/fixtures");
/** The day on which fixtures are checked. */
const today = "--today=2026-01-01";
const on = "description: Plan meals\nenabled: true\nowner: nutrition\n";

const names = readdirSync(path.join(fixtures, "invalid")).filter((name) => !name.endsWith(".txt"));
const folders = names.filter((name) => !name.endsWith(".yaml"));
const files = names.filter((name) => name.endsWith(".yaml"));
const [errors, warnings] = (["error", "warning"] as const).map((severity) =>
  files.filter((name) => severities[codeOf(name)] === severity).map((name) => `invalid/${name}`),
) as [string[], string[]];

function codeOf(fixture: string): Code {
  return path.basename(fixture, ".yaml") as Code;
}

/** The exact output for a fixture, with line, column, code and hint. */
function golden(fixture: string): string {
  return readFileSync(path.join(fixtures, "invalid", `${codeOf(fixture)}.txt`), "utf8");
}

function plannerIn(directory: string) {
  mkdirSync(path.join(directory, "flags/nutrition"), { recursive: true });
  writeFileSync(path.join(directory, "flags/nutrition/meal_planning.yaml"), on);
  return directory;
}

describe.concurrent("validate", () => {
  test("reports in one line that the project's own flags are valid", async () => {
    const { code, stdout, stderr } = await runScript("validate", [today], { in: top });
    expect(stdout).toMatch(/^\d+ flags, 3 environments, no problems\n$/);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("runs the tests of flags, also if only a part of the files is given", async () => {
    const repository = testRepository();
    const audience = "description: Our people\nowner: a\nif: { team: ours }\n";
    const files = {
      "bunting.yaml": "environments: [live]\nattributes:\n  team: string\n",
      "flags/a/cart.yaml": `${on}rollout: 0\nrules:\n  - name: ours\n    if: { audience: ours }\n    enabled: true\n`,
      "flags/a/payment.yaml": `${on}requires:\n  - cart\n`,
      "flags/audiences/ours.yaml": audience,
      "flags/tests/payment.yaml": "tests:\n  - context: { team: theirs }\n    expect: true\n",
    };
    repository.change(1_700_000_000, files);
    const expected =
      'flags/tests/payment.yaml:3:13: Fails test "number 1": expected true, but "payment" gives false in live (reason DEFAULT) [failed-test]';
    for (const paths of [[], ["flags/a/payment.yaml"], ["flags/tests"]]) {
      const { code, stdout } = await runScript("validate", paths, { in: repository.directory });
      expect({ code, first: stdout.split("\n")[0] }).toEqual({ code: 1, first: expected });
    }
    const other = await runScript("validate", ["flags/a/cart.yaml"], { in: repository.directory });
    expect(other).toMatchObject({ code: 0, stdout: "1 flag, 1 environment, no problems\n" });
    // Failed tests do not prevent serving.
    const plan = await runScript("build", ["--out", "out"], { in: repository.directory });
    expect(plan).toMatchObject({ code: 0 });
  });

  test.each(folders)("reports the problems of the folder invalid/%s", async (folder) => {
    const directory = temporaryDirectory();
    const options = { recursive: true, verbatimSymlinks: true };
    const source = path.join(fixtures, "invalid", folder);
    const isRepository = ["bunting.yaml", "flags"].some((file) =>
      existsSync(path.join(source, file)),
    );
    cpSync(source, isRepository ? directory : path.join(directory, "flags"), options);
    mkdirSync(path.join(directory, "flags"), { recursive: true });
    const { code, stdout } = await runScript("validate", [today], { in: directory });
    expect(stdout.startsWith(`${golden(folder)}\n`), stdout).toBe(true);
    expect(code).toBe(severities[codeOf(folder)] === "error" ? 1 : 0);
  });

  test("reports the problems of each invalid file, and exits with 1", async () => {
    const { code, stdout } = await runScript("validate", [today, ...errors], { in: fixtures });
    const expected = errors.map(golden).join("");
    const problems = expected.match(/^(?! {2}hint: )/gm)?.length ?? 0;
    const summary = `${problems - 1} problems in ${errors.length} files, ${errors.length} flags checked\n`;
    expect(stdout).toBe(`${expected}\n${summary}`);
    expect(code).toBe(1);
  });

  test("exits with 1 for a single error", async () => {
    const position = "invalid/wrong-type.yaml";
    const { code, stdout } = await runScript("validate", [today, position], { in: fixtures });
    expect(stdout.startsWith(golden("wrong-type")), stdout).toBe(true);
    expect(code).toBe(1);
  });

  test("exits with 0 if there are only warnings", async () => {
    const { code, stdout } = await runScript("validate", [today, ...warnings], { in: fixtures });
    const count = warnings.length;
    const summary = `${count} warnings in ${count} files, ${count} flags checked\n`;
    expect(stdout).toBe(`${warnings.map(golden).join("")}\n${summary}`);
    expect(code).toBe(0);
  });

  test("--format json has every problem with its position", async () => {
    const args = [today, "--format=json", ...errors, ...warnings];
    const { code, stdout } = await runScript("validate", args, { in: fixtures });
    const { flags, problems } = JSON.parse(stdout);
    expect({ code, flags }).toEqual({ code: 1, flags: files.length });
    for (const { file, line, column, code, severity, message, hint } of problems) {
      const prefix = severity === "warning" ? "warning: " : "";
      expect(golden(file)).toContain(`${file}:${line}:${column}: ${prefix}`);
      expect({ code, severity }).toEqual({
        code: codeOf(file),
        severity: severities[code as Code],
      });
      expect([typeof message, typeof (hint ?? "")]).toEqual(["string", "string"]);
    }
    const found = new Set(problems.map(({ file }: { file: string }) => file));
    expect([...found].sort()).toEqual([...errors, ...warnings].sort());
  });

  test("--format github annotates each line with a problem", async () => {
    const args = [today, "--format=github", ...errors, ...warnings];
    const { code, stdout } = await runScript("validate", args, { in: fixtures });
    const lines = stdout.trimEnd().split("\n");
    const summary = lines.pop();
    const expected = files.map(golden).join("");
    const paths = [...expected.matchAll(/^(invalid\/\S+?):(\d+):(\d+): .*\[([a-z0-9-]+)\]$/gm)];
    const annotated = paths.map(([, file, line, column, code]) => {
      const position = `file=${file},line=${line},col=${column},title=${code}`;
      return `::${severities[code as Code]} ${position}::`;
    });
    expect(lines.map((line) => /^::.*?::/.exec(line)?.[0])).toEqual(annotated);
    expect(summary).toMatch(/^\d+ problems and \d+ warnings in /);
    expect(code).toBe(1);
  });

  test.each([
    ["text", ["flags/nutrition/a\\u{a}::error::b.yaml:1:1: "]],
    ["github", ["::error file=flags/nutrition/a%0A%3A%3Aerror%3A%3Ab.yaml,line=1,col=1,title="]],
  ])("--format %s lets no file name forge a line", async (format, [first = ""]) => {
    const directory = plannerIn(temporaryDirectory());
    const hostile = ["a\n::error::b.yaml", "c\r##[error]d.yaml", "\x1b[2J.yaml", "\u202Ee.yaml"];
    for (const name of hostile) writeFileSync(path.join(directory, "flags/nutrition", name), on);
    const { code, stdout } = await runScript("validate", [`--format=${format}`], { in: directory });
    const start =
      format === "text" ? /^(flags\/| {2}hint: |$|4 problems)/ : /^(::error file=|4 problems)/;
    expect(stdout.split("\n").filter((line) => line !== "" && !start.test(line))).toEqual([]);
    expect(
      stdout.split("\n").some((line) => line.startsWith(first)),
      stdout,
    ).toBe(true);
    const seen = format === "text" ? ["\r", "\x1b", "\u202E", "##["] : ["\r"];
    for (const text of seen) expect(stdout).not.toContain(text);
    expect(code).toBe(1);
  });

  test("checks only the given paths, each once", async () => {
    const directory = plannerIn(temporaryDirectory());
    writeFileSync(path.join(directory, "flags/nutrition/recipe_import.yaml"), "enabled: 1\n");
    const file = "flags/nutrition/meal_planning.yaml";
    const one = await runScript("validate", [file, `./${file}`], { in: directory });
    expect(one).toEqual({
      code: 0,
      stdout: "1 flag, 3 environments, no problems\n",
      stderr: "",
    });
  });

  test("refuses a file that is not a flag, in any folder", async () => {
    const directory = plannerIn(temporaryDirectory());
    writeFileSync(path.join(directory, "README.md"), "# Flags\n");
    symlinkSync("/etc/passwd", path.join(directory, "link.yaml"));
    const args = ["README.md", "link.yaml"];
    const { code, stdout } = await runScript("validate", args, { in: directory });
    expect(stdout).toMatch(/^README\.md:1:1: .*\[not-a-mapping\]$/m);
    expect(stdout).toMatch(/^link\.yaml:1:1: .*\[file-mode\]$/m);
    expect(code).toBe(1);
  });

  test("--today decides what has expired", async () => {
    const directory = plannerIn(temporaryDirectory());
    const file = path.join(directory, "flags/nutrition/meal_planning.yaml");
    writeFileSync(file, `${on}expires: 2027-03-31\n`);
    const day = (today: string) => runScript("validate", [`--today=${today}`], { in: directory });
    const expected = await Promise.all(["2027-03-30", "2027-04-01", "tomorrow"].map(day));
    expect(expected.map(({ stdout }) => /\[(\w+)\]/.exec(stdout)?.[1])).toEqual([
      undefined,
      "expired",
      undefined,
    ]);
    expect(expected.map(({ code }) => code)).toEqual([0, 0, 2]);
    expect(expected[2]?.stderr).toContain('Cannot use --today "tomorrow"');
  });

  test("needs neither git nor history", async () => {
    const repository = testRepository();
    plannerIn(repository.directory);
    const { code } = await runScript("validate", [], { in: repository.directory });
    expect(code).toBe(0);
  });
});
