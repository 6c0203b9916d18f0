import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { validate } from "../../../schema/file/validate.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { readWorkTree } from "../../../store/commit/work-tree.ts";
import { temporaryDirectory, testRepository } from "../../git/repository.ts";

const on = "description: Plan meals\nenabled: true\nowner: nutrition\n";

/** A directory with these files. */
function directoryOf(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory();
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.join(directory, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(directory, file), text);
  }
  return directory;
}

function read(directory: string, root = "flags") {
  return readWorkTree(directory, root, defaultProject);
}

/** The problems there, without their messages. */
function problems(directory: string, root?: string): string[] {
  const checked = validate(read(directory, root), defaultProject, "2026-01-01");
  return checked.problems.map(
    ({ file, line, column, code }) => `${file}:${line}:${column} ${code}`,
  );
}

describe("readWorkTree()", () => {
  test("returns every file below flags/ by name, with its content", () => {
    const directory = directoryOf({
      "flags/nutrition/meal_planning.yaml": on,
      "flags/nutrition-web/meal_cost.yaml": on,
      "flags/growth/invite_friends.yaml": on,
      "flags/Z.md": "Flags\n",
    });
    const flag = { enabled: true, description: "Plan meals", owner: "nutrition" };
    const content = expect.objectContaining({ flag, findings: [] });
    expect(read(directory)).toEqual([
      { file: "flags/Z.md", kind: "flag", path: "Z.md", mode: "100644" },
      {
        file: "flags/growth/invite_friends.yaml",
        kind: "flag",
        path: "growth/invite_friends.yaml",
        mode: "100644",
        content,
      },
      {
        file: "flags/nutrition/meal_planning.yaml",
        kind: "flag",
        path: "nutrition/meal_planning.yaml",
        mode: "100644",
        content,
      },
      {
        file: "flags/nutrition-web/meal_cost.yaml",
        kind: "flag",
        path: "nutrition-web/meal_cost.yaml",
        mode: "100644",
        content,
      },
    ]);
  });

  test("returns the modes that git would record", () => {
    const repository = testRepository();
    repository.write({ "flags/a.yaml": on, "flags/b.yaml": on, "flags/group.yaml": on });
    const file = (name: string) => path.join(repository.directory, "flags", name);
    chmodSync(file("b.yaml"), 0o755);
    chmodSync(file("group.yaml"), 0o674);
    symlinkSync("a.yaml", file("link.yaml"));
    symlinkSync("gone", file("dangling.yaml"));
    repository.git("add", "--all");
    const staged = repository.git("ls-files", "--stage").split("\n");
    const recorded = staged.map((line) => [line.split("\t")[1], line.slice(0, 6)]);
    expect(read(repository.directory).map(({ file, mode }) => [file, mode])).toEqual(recorded);
  });

  test("reads no link, no pipe and no executable file", () => {
    const directory = directoryOf({ "flags/run.yaml": on, "outside/inside.yaml": on });
    chmodSync(path.join(directory, "flags/run.yaml"), 0o755);
    symlinkSync("../outside", path.join(directory, "flags/folder"));
    symlinkSync("/etc/passwd", path.join(directory, "flags/link.yaml"));
    spawnSync("mkfifo", [path.join(directory, "flags/pipe.yaml")]);
    expect(read(directory).map(({ file, mode, content }) => [file, mode, content])).toEqual([
      ["flags/folder", "120000", undefined],
      ["flags/link.yaml", "120000", undefined],
      ["flags/pipe.yaml", "special", undefined],
      ["flags/run.yaml", "100755", undefined],
    ]);
    expect(problems(directory)).toEqual([
      "flags/folder:1:1 file-mode",
      "flags/folder:1:1 not-a-flag",
      "flags/link.yaml:1:1 file-mode",
      "flags/pipe.yaml:1:1 file-mode",
      "flags/run.yaml:1:1 file-mode",
    ]);
  });

  test("does not load a file that is too large", () => {
    const directory = directoryOf({
      "flags/diary.yaml": "x".repeat(65_537),
      "flags/meals.yaml": "x".repeat(65_536),
    });
    expect(problems(directory)).toEqual([
      "flags/diary.yaml:1:1 too-large",
      "flags/meals.yaml:1:1 not-a-mapping",
    ]);
  });

  test("reports a file name that is not UTF-8 as a problem", () => {
    const directory = directoryOf({ "flags/meal_planning.yaml": on });
    const name = Buffer.concat([
      Buffer.from(`${directory}/flags/caf`),
      Buffer.from([0xe9]),
      Buffer.from(".yaml"),
    ]);
    writeFileSync(name, on);
    expect(problems(directory)).toEqual([
      "flags/caf\uFFFD.yaml:1:1 file-mode",
      "flags/caf\uFFFD.yaml:1:1 invalid-name",
    ]);
  });

  test("accepts one folder or one file of flags/, from any directory", () => {
    const directory = directoryOf({ "flags/a/one.yaml": on, "flags/b/two.yaml": on });
    const there = (root: string) => read(directory, root).map(({ file, path }) => [file, path]);
    expect(there("flags/a")).toEqual([["flags/a/one.yaml", "a/one.yaml"]]);
    expect(there("flags/b/two.yaml")).toEqual([["flags/b/two.yaml", "b/two.yaml"]]);
    expect(there(path.join(directory, "flags/a/../b"))).toEqual([
      ["flags/b/two.yaml", "b/two.yaml"],
    ]);
    const elsewhere = temporaryDirectory();
    const root = path.relative(elsewhere, path.join(directory, "flags"));
    expect(read(elsewhere, root).map(({ path }) => path)).toEqual(["a/one.yaml", "b/two.yaml"]);
  });

  test("checks a file outside of flags/ by its content and ignores its name", () => {
    const directory = directoryOf({
      "Any Name.txt": on,
      "wrong.yaml": "enabled: yes\n",
      "README.md": "# Flags\n",
    });
    expect(read(directory, "Any Name.txt")[0]?.path).toBeUndefined();
    expect(problems(directory, "Any Name.txt")).toEqual([]);
    expect(problems(directory, "wrong.yaml")[0]).toBe("wrong.yaml:1:10 wrong-type");
    expect(problems(directory, "README.md")).toEqual(["README.md:1:1 not-a-mapping"]);
  });

  test("refuses a path that does not exist", () => {
    const directory = directoryOf({ "flags/a.yaml": on });
    for (const root of ["flag", "flags/b.yaml", "flags/a.yaml/b"]) {
      const message = `Cannot read "${root}": there is no such file or folder`;
      expect(() => read(directory, root)).toThrow(message);
    }
  });
});
