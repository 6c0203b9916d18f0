import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { temporaryDirectory, testRepository } from "../../git/repository.ts";
import { runScript, top } from "../setup/run.ts";

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
    expect(ran).toMatchObject({ code: 0, stdout: `${out} describes 2 flags\n`, stderr: "" });
    const text = readFileSync(out, "utf8");
    expect(text).toContain('export type FlagName =\n  | "invite_friends"\n  | "meal_planning";\n');
    const boolean = '{ variant: "off" | "on"; value: boolean }';
    expect(text).toContain(
      `    "invite_friends": ${boolean};\n    "meal_planning": ${boolean};\n  }\n`,
    );
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
    expect(await check()).toMatchObject({ code: 0, stdout: "names.ts describes 2 flags\n" });
    await runScript("types", ["--out", "names.ts", "--at", first], where);
    const before = readFileSync(out, "utf8");
    const { code, stdout } = await check();
    expect(code).toBe(1);
    expect(stdout).toContain("Cannot accept names.ts: it does not describe the 2 flags at ");
    expect(stdout).toContain("hint: run the same command without --check");
    expect(readFileSync(out, "utf8")).toBe(before);
  });

  test("does not replace a file that it did not write, except an empty one", async () => {
    const { repository } = planner();
    const where = { in: repository.directory };
    const out = path.join(repository.directory, "README.md");
    repository.write({ "README.md": "# Flags\n" });
    const { code, stdout, stderr } = await runScript("types", ["--out", "README.md"], where);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      'Cannot replace "README.md": bunting types did not write it\n  hint: name another file with --out, or delete this one\n',
    );
    expect(readFileSync(out, "utf8")).toBe("# Flags\n");
    repository.write({ "README.md": "\n" });
    expect((await runScript("types", ["--out", "README.md"], where)).code).toBe(0);
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

  test("writes by default where the .gitignore of init does not hide it", async () => {
    const repository = testRepository();
    const where = { in: repository.directory };
    await runScript("init", ["--yes"], where);
    repository.git("add", "--all");
    repository.git("commit", "--quiet", "--message=Begin");
    expect((await runScript("types", [], where)).stdout).toBe(
      "src/flag-names.ts describes 1 flag\n",
    );
    expect(repository.git("status", "--porcelain")).toBe("?? src/");
    repository.git("add", "--all");
    repository.git("commit", "--quiet", "--message=Add types");
    const clone = { in: repository.clone().directory };
    expect((await runScript("types", ["--check"], clone)).code).toBe(0);
  });

  test("makes a misspelt name a compile error in createFlags(), createMemoryFlags() and useFlag()", async () => {
    const { repository } = planner();
    const application = temporaryDirectory();
    const out = path.join(application, "src/flag-names.ts");
    const ran = await runScript("types", ["--out", out], { in: repository.directory });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    writeApplication(application, ["meal_planning", "invite_friends"]);
    expect(await compile(application)).toEqual({ code: 0, stdout: "" });

    writeApplication(application, ["meal_planing", "invite_friend"]);
    const { code, stdout } = await compile(application);
    expect(code).not.toBe(0);
    const errors = stdout.match(/^src\/main\.tsx\(\d+,\d+\): error TS\d+: .*/gm) ?? [];
    expect(errors.map((error) => /\((\d+),/.exec(error)?.[1])).toEqual(["4", "5", "6", "7"]);
    for (const error of errors) expect(error).toMatch(/invite_friend\b|meal_planing/);
  });

  test("is optional: without the module every name compiles", async () => {
    const application = temporaryDirectory();
    mkdirSync(path.join(application, "src"));
    writeApplication(application, ["anything", "something"]);
    expect(await compile(application)).toEqual({ code: 0, stdout: "" });
  });
});

/** An application that evaluates two flags in every way. */
function writeApplication(directory: string, [first, second]: [string, string]): void {
  const main = `import { createFlags } from "bunting/client";
import { createMemoryFlags } from "bunting/client/memory";
import { FlagsProvider, useFlag } from "bunting/client/react";
export const isOn: boolean = createFlags({ url: "/v1/feature-flags/" }).isEnabled("${first}");
export const flags = createMemoryFlags({ ${second}: true });
export const Part = () => <p>{useFlag("${first}") ? "on" : "off"}</p>;
export const Other = () => <p>{useFlag("${second}", true) ? "on" : "off"}</p>;
export const App = () => <FlagsProvider flags={flags}><Part /></FlagsProvider>;
`;
  const compilerOptions = {
    target: "es2022",
    lib: ["es2022", "dom"],
    module: "esnext",
    moduleResolution: "bundler",
    jsx: "react-jsx",
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: [],
    paths: {
      "bunting/client": [path.join(top, "client/flags.ts")],
      "bunting/client/*": [path.join(top, "client/*.ts")],
      "react/jsx-runtime": [path.join(top, "node_modules/@types/react/jsx-runtime.d.ts")],
    },
  };
  writeFileSync(path.join(directory, "src/main.tsx"), main);
  writeFileSync(
    path.join(directory, "tsconfig.json"),
    JSON.stringify({ compilerOptions, include: ["src"] }),
  );
}

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
