import type { FileKind } from "../flag/file-kind.ts";
import { checkName, checkReservedPath, flagNameOf, foldCase } from "../flag/name.ts";
import type { Code } from "../problem/codes.ts";
import { fileStart } from "../problem/position.ts";
import {
  compareProblems,
  type Finding,
  isError,
  type Problem,
  problemsIn,
} from "../problem/problem.ts";
import { defaultProject, normalizeProject, type Project, projectFile } from "../project/project.ts";
import { checkDefinitionsSize } from "../size/definitions-size.ts";
import { checkListSize } from "../size/list-size.ts";
import { compareText } from "../text/order.ts";
import { checkReferences } from "./check-references.ts";
import type { Entry } from "./entry.ts";
import { type NamedFiles, namedFilesIn, normalizeFiles } from "./named-files.ts";

export interface Validated extends NamedFiles {
  /** All of them, in the order of `compareProblems`. */
  readonly problems: readonly Problem[];
}

/**
 * The project of a repository. `entries` has at least `bunting.yaml` and the policy, if they exist;
 * `object` is the blob of the one that is used. `undefined` if they have errors.
 */
export function resolveProject(entries: readonly Entry[], object: string): Project | undefined {
  const [entry, ...others] = entries.filter(({ kind }) => kind === "project" || kind === "policy");
  if (!entry) return defaultProject;
  const { content, mode } = entry;
  const file = content?.project ?? content?.policy;
  const isValid = content && !content.findings.some(isError);
  if (others.length > 0 || mode !== "100644" || !file || !isValid) return undefined;
  return normalizeProject(file, object);
}

/**
 * Validates files together. Without a valid project, checks that depend on it are left out. `today` is
 * the current date, `YYYY-MM-DD`. If `entries` are a part of the files in `flags/`, `all` are all of
 * them: flags refer to other files.
 */
export function validate(
  entries: readonly Entry[],
  project: Project | undefined,
  today: string,
  all: readonly Entry[] = entries,
): Validated {
  const { problems, ...files } = validateAlone(entries, project, today);
  const references = checkReferences(entries, all, project);
  return { ...files, problems: [...problems, ...references].sort(compareProblems) };
}

/** Validates each file by itself, without its references to other files. */
export function validateAlone(
  entries: readonly Entry[],
  project: Project | undefined,
  today: string,
): Validated {
  const sorted = [...entries].sort((a, b) => compareText(a.file, b.file));
  const problems = sorted.flatMap((entry) => checkEntry(entry, project, today));
  problems.push(...findDuplicates(sorted), ...checkSinglePolicy(sorted));
  const files = namedFilesIn(sorted);
  const names = files.flags.map(({ name }) => name);
  problems.push(...problemsIn("flags", checkListSize(names, project ?? defaultProject), today));
  if (project && problems.every((problem) => !isError(problem))) {
    const normal = normalizeFiles(files, project);
    const sizes = checkDefinitionsSize(normal.flags, normal.audiences, project);
    problems.push(...problemsIn("flags", sizes, today));
  }
  return { ...files, problems: problems.sort(compareProblems) };
}

/** The number of files that are flags, valid or not. */
export function countFlags(entries: readonly Pick<Entry, "kind">[]): number {
  return entries.filter(({ kind }) => kind === "flag").length;
}

/** Whether a file is read at all. */
export function isReadable(path: string, mode: string): boolean {
  return mode === "100644" && path.endsWith(".yaml");
}

function checkEntry(
  { file, kind, path, mode, content }: Entry,
  project: Project | undefined,
  today: string,
): Problem[] {
  const names = project ?? defaultProject;
  const findings = [
    ...(path === undefined ? [] : checkPath(path, kind, names)),
    ...checkMode(mode, subjects[kind]),
    ...(content?.findings ?? []),
  ];
  const known =
    project || kind === "project" || kind === "policy"
      ? findings
      : findings.filter(({ code }) => !ofProject.has(code));
  return problemsIn(file, known, today);
}

function checkPath(path: string, kind: FileKind, project: Project): Finding[] {
  if (kind === "flag") return checkName(path, project);
  if (kind === "project" || kind === "policy") return [];
  return checkReservedPath(path, subjects[kind]);
}

const subjects = {
  flag: "a flag",
  audience: "an audience",
  tests: "a file of tests",
  project: "the project",
  policy: "the policy",
} as const satisfies Record<FileKind, string>;

/** Codes of flags that depend on the project. */
const ofProject: ReadonlySet<Code> = new Set([
  "enabled-out-of-order",
  "invalid-list",
  "invalid-matcher",
  "invalid-name",
  "invalid-version",
  "undeclared-attribute",
  "unknown-environment",
]);

/** The policy is the old form of `bunting.yaml`; with both files it would be unclear which one counts. */
function checkSinglePolicy(entries: readonly Entry[]): Problem[] {
  const policy = entries.find(({ kind }) => kind === "policy");
  if (!policy) return [];
  const project = entries.find(({ kind }) => kind === "project");
  const [code, message, hint] = project
    ? ([
        "two-policies",
        `Cannot read a policy beside "${project.file}": only one of the two may exist`,
        `name the environments in "protected" of ${project.file}, and delete this file`,
      ] as const)
    : (["old-policy", `Is the old form of ${projectFile}`, "run: bunting migrate"] as const);
  return problemsIn(policy.file, [{ ...fileStart, code, message, hint }], "");
}

/** Each file is a plain file: no symbolic link, submodule or executable. */
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

/** A name belongs to one file in all folders, regardless of upper and lower case. */
function findDuplicates(entries: readonly Entry[]): Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { file, kind, path } of entries) {
    if (path === undefined || kind !== "flag" || !path.endsWith(".yaml")) continue;
    const name = flagNameOf(path);
    const owner = owners.get(foldCase(name));
    if (owner === undefined) owners.set(foldCase(name), file);
    else {
      const message = `Cannot use the name "${name}" twice: "${owner}" has it already`;
      const hint = "rename or delete one of the two";
      const finding: Finding = { ...fileStart, code: "duplicate-name", message, hint };
      problems.push(...problemsIn(file, [finding], ""));
    }
  }
  return problems;
}
