import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readAudiences, readWorkTreeProject } from "../../store/commit/work-tree.ts";
import { makeDirectory } from "../../store/files/make-directory.ts";
import { readGit } from "../../store/git/git.ts";
import { defineCommand, type ExitCode, UsageError } from "../command/command.ts";
import { commandLine } from "../command/command-line.ts";
import { shared } from "../command/options.ts";
import { writeResult } from "../command/report.ts";
import { note } from "../command/stderr.ts";
import { programRepository, version } from "../command/version.ts";
import { askOnTerminal, resolveChoices } from "./choices.ts";
import { formatFiles, hookFile, ignoreFile } from "./files.ts";

export const command = defineCommand({
  name: "init",
  summary:
    "Write what a repository of flags needs: bunting.yaml, a first flag, CODEOWNERS, editor settings and workflows. On a terminal, ask for what the options leave open. Existing files stay as they are.",
  operands: "[DIRECTORY]",
  options: {
    repo: {
      value: "PATH",
      help: "the directory to write to, if DIRECTORY is missing",
      default: ".",
    },
    environments: {
      value: "NAMES",
      help: "the environments, comma-separated; the first is at the root of the URLs",
    },
    naming: { value: "STYLE", help: "the style of flag names: snake_case or kebab-case" },
    owner: { value: "OWNER", help: "the reviewer of changes, such as @acme/platform" },
    hook: { help: "also write a git hook that checks flags before each commit" },
    yes: { help: "ask nothing; use the defaults of missing options" },
    format: shared.format,
  },
  async run({ repo, yes, format, ...given }, [directory = repo, ...others]): Promise<ExitCode> {
    if (others.length > 0) throw new UsageError(`Cannot use "${others[0]}": wanted one directory`);
    await requireTop(directory);
    const isAsking = yes !== true && process.stdin.isTTY === true;
    const terminal = isAsking ? askOnTerminal() : undefined;
    const existing = readExistingProject(directory);
    if (existing && (given.environments ?? given.naming) !== undefined)
      note("Note: bunting.yaml exists, so --environments and --naming have no effect");
    const choices = await resolveChoices({ ...given, ...existing?.given }, terminal?.ask).finally(
      () => terminal?.close(),
    );
    const program = { repository: programRepository, version };
    const files = formatFiles(choices, program, existing);
    const written: string[] = [];
    const kept: string[] = [];
    for (const [file, text] of Object.entries(files)) {
      (writeNew(path.join(directory, file), text) ? written : kept).push(file);
    }
    if (written.includes(hookFile)) chmodSync(path.join(directory, hookFile), 0o755);
    const isShown = format !== "json" && written.length > 0;
    const next = isShown ? await listNextSteps(directory, written) : [];
    writeResult(format, { directory, written, kept }, formatText(written, kept, next));
    if (isShown) await noteOtherBranch(directory);
    const notIgnored = findMissingLines(path.join(directory, ignoreFile), files[ignoreFile]);
    if (notIgnored.length > 0)
      note(
        `Note: ${ignoreFile} lacks ${notIgnored.join(", ")}: what commands write there is not for commits`,
      );
    return 0;
  },
});

/** Throws if `directory` is in a git repository, but not its top: flags are read from the top. */
async function requireTop(directory: string): Promise<void> {
  let existing = path.resolve(directory);
  while (!existsSync(existing)) existing = path.dirname(existing);
  const up = await readGit(existing, ["rev-parse", "--show-cdup"]).catch(() => undefined);
  if (up === undefined) return;
  const top = path.resolve(existing, up.trimEnd());
  if (top === path.resolve(directory)) return;
  const where = path.relative(".", top) || ".";
  throw new Error(
    `Cannot write to "${directory}": flags are read from the top of a git repository, which is "${where}"\n  hint: run the command there, or first run "git init" in "${directory}"`,
  );
}

/** The project of a repository that has one, and the choices that it has made already. */
function readExistingProject(directory: string) {
  const { entries, project } = readWorkTreeProject(directory);
  if (entries.length === 0) return undefined;
  if (project === undefined) {
    throw new Error(
      `Cannot read the project in "${directory}": it has errors\n  hint: run there: bunting validate`,
    );
  }
  const given = { environments: project.environments.join(","), naming: "snake_case" };
  return { project, audiences: readAudiences(directory, project), given };
}

/** Whether the file was written: an existing one is never changed. */
function writeNew(file: string, text: string): boolean {
  try {
    makeDirectory(path.dirname(file));
    writeFileSync(file, text, { flag: "wx" });
    return true;
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && syscall === "open") return false;
    throw new Error(`Cannot write "${file}": ${message}`, { cause: error });
  }
}

/** The lines of `wanted` that a .gitignore lacks, with or without slashes. */
function findMissingLines(file: string, wanted = ""): string[] {
  const nameOf = (line: string) => line.trim().replace(/^\/|\/$/g, "");
  const known = new Set(readFileSync(file, "utf8").split("\n").map(nameOf));
  return wanted.split("\n").filter((line) => line !== "" && !known.has(nameOf(line)));
}

/** The commands that commit the files and start a server. */
async function listNextSteps(directory: string, written: readonly string[]): Promise<string[]> {
  const args = ["status", "--porcelain=2", "--branch", "--untracked-files=no"];
  const status = await readGit(directory, args).catch(() => undefined);
  // `main` is the default of the workflows, the server and the plan.
  const isOtherNewBranch = /^# branch\.oid \(initial\)\n# branch\.head (?!main$)/m;
  return [
    ...(directory === "." ? [] : [`cd ${directory}`]),
    ...(status === undefined ? ["git init --initial-branch main"] : []),
    ...(isOtherNewBranch.test(status ?? "") ? ["git branch --move main"] : []),
    ...(written.includes(hookFile) ? ["git config core.hooksPath .githooks"] : []),
    "git add --all",
    'git commit --message "Begin with feature flags"',
    commandLine("start"),
  ];
}

/** Says that the branches of an older repository are not `main`. */
async function noteOtherBranch(directory: string): Promise<void> {
  const args = ["for-each-ref", "--format=%(refname)", "refs/heads/", "refs/remotes/origin/"];
  const refs = await readGit(directory, args).catch(() => "");
  if (refs === "" || /^refs\/(?:heads|remotes\/origin)\/main$/m.test(refs)) return;
  const fix = "to rename this branch: git branch --move main";
  note(
    `Note: the workflows, the server and the plan take the branch main, which is missing; ${fix}`,
  );
}

function formatText(
  written: readonly string[],
  kept: readonly string[],
  next: readonly string[],
): string {
  const lines = [
    ...written.map((file) => `wrote ${file}`),
    ...kept.map((file) => `kept  ${file}, which exists`),
  ];
  if (next.length > 0) lines.push("", `Next: ${next.join(" && ")}`);
  return lines.join("\n");
}
