import { parseFlagFile } from "../../schema/file/parsed-file.ts";
import { compareProblems, type Problem, problemsIn } from "../../schema/problem/problem.ts";
import { defaultProject } from "../../schema/project/project.ts";
import { today } from "./fixtures.ts";

/** The problems of one file, sorted, without warnings about missing keys. */
export function problemsOf(text: string | Uint8Array): Problem[] {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const { findings } = parseFlagFile(bytes, defaultProject);
  return problemsIn("flags/x.yaml", findings, today)
    .filter(({ code }) => code !== "missing-description" && code !== "missing-owner")
    .sort(compareProblems);
}

/** The problems of one file, each as `line:column code`. */
export function codesIn(text: string | Uint8Array): string[] {
  return problemsOf(text).map(({ line, column, code }) => `${line}:${column} ${code}`);
}
