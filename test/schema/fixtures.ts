import { existsSync, lstatSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Entry } from "../../schema/file/entry.ts";
import { parseFlagFile } from "../../schema/file/parsed-file.ts";
import { validate } from "../../schema/file/validate.ts";
import { findOutdatedSchemas } from "../../schema/flag/editor-schema.ts";
import type { Problem } from "../../schema/problem/problem.ts";
import { defaultProject } from "../../schema/project/project.ts";
import { runTests } from "../../schema/tests/run-tests.ts";
import { readText, readWorkTree, readWorkTreeProject } from "../../store/commit/work-tree.ts";

export const fixtures = new URL("../fixtures/", import.meta.url);

/** The day on which fixtures are checked. */
export const today = "2026-01-01";

/**
 * The problems of a fixture: a single file, which is checked by its content; a folder that replaces
 * `flags/`; or a folder with `bunting.yaml` or `flags/`, which replaces a repository.
 */
export function validateFixture(fixture: URL): readonly Problem[] {
  const fullPath = fileURLToPath(fixture);
  if (!lstatSync(fullPath).isDirectory()) {
    return validate([readFile(fixture)], defaultProject, today).problems;
  }
  const isRepository = ["bunting.yaml", "flags"].some((file) =>
    existsSync(path.join(fullPath, file)),
  );
  const { entries, project } = readWorkTreeProject(fullPath);
  const folder = path.join(fullPath, isRepository ? "flags" : ".");
  const files = existsSync(folder) ? readWorkTree(fullPath, folder, project ?? defaultProject) : [];
  const inPlace = files.map(inFlags);
  const { problems } = validate([...entries, ...inPlace], project, today);
  const isValid = problems.every(({ severity }) => severity !== "error");
  const failures = isValid && project ? runTests(inPlace, inPlace, project) : [];
  const outdated = project
    ? findOutdatedSchemas(project, files, (file) => readText(fullPath, file))
    : [];
  return [...problems, ...failures, ...outdated];
}

function readFile(fixture: URL): Entry {
  const file = fixture.pathname.slice(fixtures.pathname.length);
  const content = parseFlagFile(readFileSync(fixture), defaultProject);
  return { file, kind: "flag", mode: "100644", content };
}

function inFlags(entry: Entry): Entry {
  return { ...entry, file: `flags/${entry.path}` };
}
