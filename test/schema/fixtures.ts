import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { parseFileAt, parseFlagFile } from "../../schema/file/parsed-file.ts";
import { type Entry, isReadable, validate } from "../../schema/file/validate.ts";
import type { Problem } from "../../schema/problem/problem.ts";

export const fixtures = new URL("../fixtures/", import.meta.url);

/** The day on which fixtures are judged. */
export const today = "2026-01-01";

/** What is wrong with a fixture: a single file, judged by its content, or a folder that stands for `flags/`. */
export function judge(fixture: URL): readonly Problem[] {
  const entries = lstatSync(fixture).isDirectory() ? readFolder(fixture) : [readFile(fixture)];
  return validate(entries, today).problems;
}

function readFile(fixture: URL): Entry {
  const file = fixture.pathname.slice(fixtures.pathname.length);
  return { file, mode: "100644", content: parseFlagFile(readFileSync(fixture)) };
}

function readFolder(folder: URL): Entry[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((name) => {
    const path = name.replaceAll("\\", "/");
    const mode = modeOf(new URL(path, `${folder}/`));
    if (mode === undefined) return [];
    const entry = { file: `flags/${path}`, path, mode };
    if (!isReadable(path, mode)) return [entry];
    return [{ ...entry, content: parseFileAt(readFileSync(new URL(path, `${folder}/`)), path) }];
  });
}

/** As git has it. */
function modeOf(file: URL): string | undefined {
  const stat = lstatSync(file);
  if (stat.isDirectory()) return undefined;
  if (stat.isSymbolicLink()) return "120000";
  return stat.mode & 0o100 ? "100755" : "100644";
}
