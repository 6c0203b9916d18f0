import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { findCodeReferences } from "../../../store/files/code-references.ts";
import { temporaryDirectory } from "../../git/repository.ts";

function tree(files: Readonly<Record<string, string | Uint8Array>>): string {
  const directory = temporaryDirectory();
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), text);
  }
  return directory;
}

test("findCodeReferences() finds whole words with file and line, in the order of files", () => {
  const source = tree({
    "web/b.ts":
      'const a = 1;\nif (flags.meal_planning) {}\nuse("meal_planning", "meal_planning");\n',
    "web/a/z.py": "meal_planning",
    "README.md":
      "meal_planning_v2 old_meal_planning meal_planningX $meal_planning\nmeal_planning.\n",
  });
  const { files, references } = findCodeReferences([source], ["meal_planning", "none"]);
  expect(files).toBe(3);
  expect(references.get("meal_planning")).toEqual({
    shown: ["README.md:2", "web/b.ts:2", "web/b.ts:3", "web/a/z.py:1"],
    all: 5,
  });
  expect(references.get("none")).toEqual({ shown: [], all: 0 });
});

test("findCodeReferences() skips files that are not source", () => {
  const source = tree({
    ".git/config": "meal_planning",
    "node_modules/a/index.js": "meal_planning",
    "web/node_modules/a/index.js": "meal_planning",
    "logo.png": new Uint8Array([0x89, 0, ...Buffer.from("meal_planning")]),
    "bundle.js": `${"x".repeat(1_000_000)} meal_planning`,
    "web/names.ts":
      '// Made by `bunting types`: do not edit.\n\nexport type N =\n  | "meal_planning";\n',
    "web/earlier.ts":
      "// Made by `npm run types`: do not edit.\n\nexport type N = 'meal_planning';\n",
  });
  symlinkSync("/etc", path.join(source, "etc"));
  symlinkSync(path.join(source, ".git/config"), path.join(source, "config"));
  expect(findCodeReferences([source], ["meal_planning"]).references.get("meal_planning")?.all).toBe(
    0,
  );
});

test("findCodeReferences() lists at most 40 references, and accepts names of Object.prototype", () => {
  const source = tree({ "a.ts": "constructor\n".repeat(100) });
  const { references } = findCodeReferences([source], ["constructor", "to_string"]);
  expect(references.get("constructor")?.shown).toHaveLength(40);
  expect(references.get("constructor")?.all).toBe(100);
});

test("findCodeReferences() finds names with hyphens, and names in an expression with a minus", () => {
  const source = tree({
    "a.ts": 'use("ranked-results");\nranked-results-v2\nconst left = total-used;\n',
  });
  const { references } = findCodeReferences([source], ["ranked-results", "total", "used"]);
  expect(references.get("ranked-results")).toEqual({ shown: ["a.ts:1"], all: 1 });
  expect(references.get("total")?.all).toBe(1);
  expect(references.get("used")?.shown).toEqual(["a.ts:3"]);
});
