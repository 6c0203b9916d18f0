/** The top of a repository of flags: whether a command starts there, and where it writes. */
import { existsSync } from "node:fs";
import path from "node:path";
import { projectFile } from "../../schema/project/project.ts";
import { readGit } from "../../store/git/git.ts";
import { commandLine } from "./command-line.ts";
import { shared } from "./options.ts";

/** Throws if `directory` is not the top of a repository of flags; the message says where one is. */
export function requireFlags(directory: string): void {
  refuseSubfolder(directory);
  if (hasFlags(directory)) return;
  const hint = isBare(directory)
    ? "this is a bare clone, which has no files; name one with a work tree by --repo"
    : `${commandLine("init")} writes a first flag; --repo names another directory`;
  throw notFound(directory, hint);
}

/** Throws if `directory` has no flags, but a directory above it is the top of a repository of flags. */
export function refuseSubfolder(directory: string): void {
  const above = hasFlags(directory) ? undefined : findAbove(path.resolve(directory));
  if (above === undefined) return;
  const top = path.relative(".", above) || ".";
  throw notFound(directory, `run the command in "${top}", or name it with --repo`);
}

/**
 * Where a command writes without `--out`: at the top of the clone, also if it runs in a folder of it, so
 * that no output lies below `flags/`. With `--repo`, in the current directory.
 */
export async function defaultOut(repo: string, file: string): Promise<string> {
  if (repo !== shared.repo.default) return file;
  // Fails in a bare clone, which has no top.
  const up = await readGit(".", ["rev-parse", "--show-cdup"]).catch(() => "");
  return path.join(up.trimEnd(), file);
}

function notFound(directory: string, hint: string): Error {
  return new Error(`Cannot find flags/ or ${projectFile} in "${directory}"\n  hint: ${hint}`);
}

function isBare(directory: string): boolean {
  return ["HEAD", "objects", "refs"].every((name) => existsSync(path.join(directory, name)));
}

function hasFlags(directory: string): boolean {
  return ["flags", projectFile].some((name) => existsSync(path.join(directory, name)));
}

/** The nearest directory above with both `flags/` and `bunting.yaml`. */
function findAbove(directory: string): string | undefined {
  for (let at = path.dirname(directory), below = directory; at !== below; ) {
    if (["flags", projectFile].every((name) => existsSync(path.join(at, name)))) return at;
    [below, at] = [at, path.dirname(at)];
  }
  return undefined;
}
