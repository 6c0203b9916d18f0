import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { temporaryDirectory, testRepository } from "../git/repository.ts";
import { runDevelopmentTool, runScript, top } from "./run.ts";

const on = "description: Plan meals\nenabled: true\nowner: nutrition\n";

function planner() {
  const repository = testRepository();
  const first = repository.change(1_725_105_600, { "flags/nutrition/meal_planning.yaml": on });
  const second = repository.change(1_725_105_660, { "flags/growth/invite_friends.yaml": on });
  return { repository, first, second };
}

describe.concurrent("types", () => {
  test("writes the names of a commit's flags, sorted, and the same bytes each time", async () => {
    const { repository, first } = planner();
    const where = { in: repository.directory };
    const out = path.join(temporaryDirectory(), "new/flag-names.ts");
    const ran = await runScript("types", ["--out", out], where);
    expect(ran).toMatchObject({ code: 0, stdout: `${out} names 2 flags\n`, stderr: "" });
    const text = readFileSync(out, "utf8");
    expect(text).toContain('export type FlagName =\n  | "invite_friends"\n  | "meal_planning";\n');
    await runScript("types", ["--out", out], where);
    expect(readFileSync(out, "utf8")).toBe(text);

    await runScript("types", ["--out", out, "--at", first], where);
    expect(readFileSync(out, "utf8")).toContain('export type FlagName =\n  | "meal_planning";\n');
  });

  test("--check writes nothing, and refuses a module that is not up to date", async () => {
    const { repository, first } = planner();
    const where = { in: repository.directory };
    const out = path.join(repository.directory, "names.ts");
    const check = () => runScript("types", ["--out", "names.ts", "--check"], where);
    expect(await check()).toMatchObject({ code: 1 });
    await runScript("types", ["--out", "names.ts"], where);
    expect(await check()).toMatchObject({ code: 0, stdout: "names.ts names 2 flags\n" });
    await runScript("types", ["--out", "names.ts", "--at", first], where);
    const before = readFileSync(out, "utf8");
    const { code, stdout } = await check();
    expect(code).toBe(1);
    expect(stdout).toContain("Cannot accept names.ts: it does not name the 2 flags at ");
    expect(stdout).toContain("hint: bunting types --out names.ts");
    expect(readFileSync(out, "utf8")).toBe(before);
  });

  test("a commit without flags has no names; one with a broken flag is refused", async () => {
    const repository = testRepository();
    repository.change(1_725_105_600, { "README.md": "None\n" });
    const where = { in: repository.directory };
    await runScript("types", ["--out", "names.ts"], where);
    const out = path.join(repository.directory, "names.ts");
    expect(readFileSync(out, "utf8")).toContain("export type FlagName = never;\n");
    repository.change(1_725_105_660, { "flags/growth/invite_friends.yaml": "enabled: yes\n" });
    expect(await runScript("types", ["--out", "names.ts"], where)).toMatchObject({ code: 1 });
  });

  test("with them, a misspelt flag does not compile, in the bundled client's types", async () => {
    const { repository } = planner();
    const app = temporaryDirectory();
    const names = path.join(app, "flag-names.ts");
    const made = await Promise.all([
      runScript("types", ["--out", names], { in: repository.directory }),
      runDevelopmentTool("client", ["--out", path.join(app, "bunting")], { in: app }),
    ]);
    expect(made.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    const compilerOptions = {
      target: "es2022",
      lib: ["es2022", "dom"],
      module: "esnext",
      moduleResolution: "bundler",
      strict: true,
      noEmit: true,
      types: [],
      skipLibCheck: false,
    };
    mkdirSync(path.join(app, "src"));
    writeFileSync(
      path.join(app, "tsconfig.json"),
      JSON.stringify({ compilerOptions, include: ["src"] }),
    );
    const write = (name: string) =>
      writeFileSync(
        path.join(app, "src/main.ts"),
        `import { createFlags } from "../bunting/flags.js";
import { createMemoryFlags } from "../bunting/memory.js";
import type { FlagName } from "../flag-names.js";
const flags = createFlags<FlagName>({ url: "/v1/feature-flags/" });
const same = createMemoryFlags<FlagName>({ invite_friends: true });
export const isOn: boolean = flags.isEnabled("${name}") || same.isEnabled("invite_friends");
`,
      );
    write("meal_planning");
    expect(await compile(app)).toEqual({ code: 0, stdout: "" });
    write("meal_planing");
    const { code, stdout } = await compile(app);
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/^src\/main\.ts\(6,\d+\): error TS2345: .*"meal_planing"/);
    expect(stdout.match(/error/g)).toHaveLength(1);
  });
});

async function compile(directory: string): Promise<{ code: number; stdout: string }> {
  const compiler = path.join(top, "node_modules/.bin/tsc");
  try {
    const { stdout } = await promisify(execFile)(compiler, ["--pretty", "false", "-p", directory], {
      cwd: directory,
    });
    return { code: 0, stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, stdout };
  }
}
