import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../git/repository.ts";
import { filesIn, runScript } from "./setup/run.ts";

const formatted = `# Ask in #nutrition first
description: Plan meals # for a week
enabled: true
owner: nutrition

environments:
  # Until the audit is done
  staging:
    enabled: false
`;
const unformatted = `# Ask in #nutrition first\r
description:   Plan meals # for a week\r
enabled: true\r
owner: nutrition\r
\r
environments:\r
    # Until the audit is done\r
    staging: { enabled: false }\r
`;

/** A directory with these files below `flags/nutrition/`. */
function flags(files: Readonly<Record<string, string | Uint8Array>>): string {
  const directory = temporaryDirectory();
  mkdirSync(path.join(directory, "flags/nutrition"), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(path.join(directory, "flags/nutrition", name), text);
  }
  return directory;
}

function texts(directory: string) {
  return filesIn(directory, (file) => readFileSync(file, "latin1"));
}

describe.concurrent("format", () => {
  test("formats a file and keeps its comments, with LF or CRLF", async () => {
    const directory = flags({ "meal_planning.yaml": unformatted });
    const { code, stdout } = await runScript("format", [], { in: directory });
    expect(stdout).toBe("flags/nutrition/meal_planning.yaml: formatted\n1 of 1 file formatted\n");
    expect(code).toBe(0);
    expect(texts(directory)).toEqual({ "flags/nutrition/meal_planning.yaml": formatted });
  });

  test("--format json names the changed files and those that cannot be read", async () => {
    const directory = flags({ "meal_planning.yaml": unformatted, "other.yaml": "a: [\n" });
    for (const check of [["--check"], []]) {
      const args = ["--format", "json", ...check];
      const { code, stdout } = await runScript("format", args, { in: directory });
      expect(code).toBe(1);
      expect(JSON.parse(stdout)).toEqual({
        flags: 2,
        changed: ["flags/nutrition/meal_planning.yaml"],
        problems: [expect.objectContaining({ file: "flags/nutrition/other.yaml" })],
      });
    }
  });

  test("does not change a formatted file", async () => {
    const directory = flags({ "meal_planning.yaml": formatted });
    const look = () =>
      filesIn(directory, (file) => {
        const { ino, mtimeNs } = statSync(file, { bigint: true });
        return { ino, mtimeNs };
      });
    const before = look();
    const { code, stdout } = await runScript("format", [], { in: directory });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "1 flag, all formatted\n" });
    expect(look()).toEqual(before);
  });

  test("--check changes nothing, names the files and exits with 1", async () => {
    const directory = flags({ "meal_planning.yaml": unformatted, "recipe_import.yaml": formatted });
    const before = texts(directory);
    const { code, stdout } = await runScript("format", ["--check"], { in: directory });
    expect(stdout).toBe(
      "flags/nutrition/meal_planning.yaml: not formatted\n1 of 2 files not formatted; run: bunting format\n",
    );
    expect(code).toBe(1);
    expect(texts(directory)).toEqual(before);
  });

  test("--check of formatted files exits with 0", async () => {
    const directory = flags({ "meal_planning.yaml": formatted });
    const { code, stdout } = await runScript("format", ["--check"], { in: directory });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "1 flag, all formatted\n" });
  });

  test("does not change a file that it cannot read, reports why and exits with 1", async () => {
    const directory = flags({
      "bytes.yaml": Buffer.from("description:   caf\xe9\nenabled: true\n", "latin1"),
      "empty.yaml": "",
      "large.yaml": `description:   ${"x".repeat(70_000)}\nenabled: true\n`,
      "meal_planning.yaml": unformatted,
      "open.yaml": "description:   'Plan\nenabled: true\n",
    });
    const before = texts(directory);
    const { code, stdout } = await runScript("format", [], { in: directory });
    const lines = [...stdout.matchAll(/^flags\/nutrition\/(\w+)\.yaml:.*?([a-z0-9-]+)\]?$/gm)];
    expect(lines.map(([, name, outcome]) => `${name}: ${outcome}`)).toEqual([
      "bytes: invalid-utf8",
      "empty: not-a-mapping",
      "large: too-large",
      "meal_planning: formatted",
      "open: invalid-yaml",
    ]);
    expect(stdout).toMatch(/\n1 of 5 files formatted; 4 cannot be read\n$/);
    expect(code).toBe(1);
    expect(texts(directory)).toEqual({
      ...before,
      "flags/nutrition/meal_planning.yaml": formatted,
    });
  });

  test("formats a file that fails validation for another reason", async () => {
    const directory = flags({ "meal_planning.yaml": "enabled:    yes\nenviroments: {}\n" });
    const { code } = await runScript("format", [], { in: directory });
    expect(code).toBe(0);
    expect(Object.values(texts(directory))).toEqual(["enabled: yes\nenviroments: {}\n"]);
  });

  test("formats each path once, and only flag files", async () => {
    const directory = flags({ "meal_planning.yaml": unformatted, "notes.txt": "a:   b\n" });
    writeFileSync(path.join(directory, "flags/nutrition/run.yaml"), "a:   b\n");
    chmodSync(path.join(directory, "flags/nutrition/run.yaml"), 0o755);
    const args = ["flags/nutrition/meal_planning.yaml", "flags", "./flags/nutrition"];
    const { code, stdout } = await runScript("format", args, { in: directory });
    expect(stdout).toBe("flags/nutrition/meal_planning.yaml: formatted\n1 of 1 file formatted\n");
    expect(code).toBe(0);
    expect(texts(directory)).toEqual({
      "flags/nutrition/meal_planning.yaml": formatted,
      "flags/nutrition/notes.txt": "a:   b\n",
      "flags/nutrition/run.yaml": "a:   b\n",
    });
  });

  test("lets no file name forge a line", async () => {
    const directory = flags({ "a\n::error::b.yaml": unformatted });
    const { stdout } = await runScript("format", ["--check"], { in: directory });
    expect(stdout.split("\n")[0]).toBe("flags/nutrition/a\\u{a}::error::b.yaml: not formatted");
  });
});
