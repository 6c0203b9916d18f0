import type { FlagFile } from "../flag/flag.ts";
import { checkName, flagNameOf } from "../flag/name.ts";
import { fileStart } from "../problem/position.ts";
import { compareProblems, type Finding, type Problem, problemsIn } from "../problem/problem.ts";
import { type PolicyFile, policyPath } from "../project/policy.ts";
import { compareText } from "../text/order.ts";
import type { ParsedFile } from "./parsed-file.ts";

/** A file under `flags/`, read but not yet judged. */
export interface Entry {
  /** As the author knows it: `flags/nutrition/meal_planning.yaml`. */
  readonly file: string;
  /** Below `flags/`: `nutrition/meal_planning.yaml`. Missing for a file that stands elsewhere. */
  readonly path?: string;
  /** As git has it; a flag is `100644`. */
  readonly mode: string;
  /** Missing where the file was not worth reading: not a regular file, or not called as a flag. */
  readonly content?: ParsedFile;
}

export interface Validated {
  /** By name. Complete only where no problem is an error. */
  readonly flags: readonly { name: string; file: string; flag: FlagFile }[];
  /** Missing where there is none. */
  readonly policy?: PolicyFile;
  /** All of them, in the order of `compareProblems`. */
  readonly problems: readonly Problem[];
}

/** Judges files together. `today` is the day of the reader, `YYYY-MM-DD`. */
export function validate(entries: readonly Entry[], today: string): Validated {
  const sorted = [...entries].sort((a, b) => compareText(a.file, b.file));
  const problems = [...sorted.flatMap((entry) => judge(entry, today)), ...findDuplicates(sorted)];
  const flags = sorted
    .flatMap(({ file, content }) =>
      content?.flag ? [{ name: flagNameOf(file), file, flag: content.flag }] : [],
    )
    .sort((a, b) => compareText(a.name, b.name));
  const policy = sorted.find(({ content }) => content?.policy)?.content?.policy;
  return { flags, problems: problems.sort(compareProblems), ...(policy ? { policy } : {}) };
}

/** How many of the files are flags, or ought to be. */
export function countFlags(entries: readonly Pick<Entry, "path">[]): number {
  return entries.filter(({ path }) => path !== policyPath).length;
}

/** Whether a file under `flags/` is to be read at all. */
export function isReadable(path: string, mode: string): boolean {
  return mode === "100644" && path.endsWith(".yaml");
}

function judge({ file, path, mode, content }: Entry, today: string): Problem[] {
  const isPolicy = path === policyPath;
  const name = path === undefined || isPolicy ? [] : checkName(path);
  const as = isPolicy ? "the policy" : "a flag";
  const findings = [...name, ...checkMode(mode, as), ...(content?.findings ?? [])];
  return findings.length === 0 ? [] : problemsIn(file, findings, today);
}

/** A flag is a plain file, and so is the policy: nothing that points elsewhere, nothing that runs. */
function checkMode(mode: string, as: string): Finding[] {
  if (mode === "100644") return [];
  const [what, hint] = modes[mode] ?? [`a file of mode ${mode}`, "replace it with a plain file"];
  const message = `Cannot read ${what} as ${as}: it must be a plain file (mode 100644)`;
  return [{ ...fileStart, code: "file-mode", message, hint }];
}

const modes: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  "100755": ["an executable file", "run: chmod -x FILE"],
  "120000": ["a symbolic link", "replace it with the file that it points to"],
  "160000": ["a submodule", "remove it: flags live in this repository"],
};

/** A name belongs to one file, over all folders and however it is spelt. */
function findDuplicates(entries: readonly Entry[]): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { file, path } of entries) {
    if (path === undefined || path === policyPath || !path.endsWith(".yaml")) continue;
    const name = flagNameOf(path);
    const owner = owners.get(name.toLowerCase());
    if (owner === undefined) owners.set(name.toLowerCase(), file);
    else problems.push(...problemsIn(file, [duplicateName(name, owner)], ""));
  }
  return problems;
}

function duplicateName(name: string, owner: string): Finding {
  const message = `Cannot use the name "${name}" twice: "${owner}" has it already`;
  return { ...fileStart, code: "duplicate-name", message, hint: "rename or delete one of the two" };
}
