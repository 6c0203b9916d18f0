/** Flag files in a directory, committed or not. */
import { type Dirent, lstatSync, readdirSync, readFileSync, type Stats } from "node:fs";
import path from "node:path";
import type { Entry } from "../../schema/file/entry.ts";
import { type ParsedFile, parseFile } from "../../schema/file/parsed-file.ts";
import { isReadable, resolveProject } from "../../schema/file/validate.ts";
import { type FileKind, fileKindOf } from "../../schema/flag/file-kind.ts";
import { policyFile } from "../../schema/project/policy.ts";
import { defaultProject, type Project, projectFile } from "../../schema/project/project.ts";
import { compareText } from "../../schema/text/order.ts";
import { maxFileBytes, tooLarge } from "../../schema/yaml/decode.ts";

/** The project's files in a repository's work tree. */
export interface ProjectFiles {
  /** `bunting.yaml` and the policy before it, if they exist. */
  readonly entries: readonly Entry[];
  /** Missing if they have errors. */
  readonly project: Project | undefined;
}

/** Reads `bunting.yaml` at the top of `directory`. */
export function readWorkTreeProject(directory: string): ProjectFiles {
  const files = [projectFile, policyFile].filter((file) => statOf(path.resolve(directory, file)));
  const entries = files.flatMap((file) => readWorkTree(directory, file, defaultProject));
  return { entries, project: resolveProject(entries, "") };
}

/**
 * The files at `root`, a file or a folder, below `directory`. A folder is read as `flags/`, or as
 * a part of it. A file outside `flags/` is checked by its content alone.
 */
export function readWorkTree(directory: string, root: string, project: Project): Entry[] {
  const at = path.resolve(directory, root);
  const inFlags = below(path.resolve(directory, "flags"), at);
  const stat = statOf(at);
  if (!stat) throw new Error(`Cannot read "${root}": there is no such file or folder`);
  const top = inFlags === undefined ? at : path.resolve(directory, "flags");
  const files = stat.isDirectory() ? list(at) : [at];

  return files.map((file) => {
    const inside = stat.isDirectory() || inFlags !== undefined ? below(top, file) : undefined;
    const shown = slashed(path.relative(directory, file));
    const kind = fileKindOf(inside ? `flags/${inside}` : shown);
    const mode = modeOf(file);
    const entry = { file: shown, kind, mode, ...(inside ? { path: inside } : {}) };
    const isWorthReading = inside ? isReadable(inside, mode) : mode === "100644";
    return isWorthReading ? { ...entry, content: readFile(file, kind, project) } : entry;
  });
}

/** The audiences in `flags/` of `directory`. */
export function readAudiences(directory: string, project: Project): Entry[] {
  const folder = "flags/audiences";
  return statOf(path.resolve(directory, folder)) ? readWorkTree(directory, folder, project) : [];
}

function readFile(file: string, kind: FileKind, project: Project): ParsedFile {
  const { size } = lstatSync(file);
  if (size > maxFileBytes) return { findings: [tooLarge(size)] };
  return parseFile(kind, readFileSync(file), project);
}

/** The text of a plain file below `directory`; `undefined` if there is none. */
export function readText(directory: string, file: string): string | undefined {
  const fullPath = path.resolve(directory, file);
  return statOf(fullPath)?.isFile() ? readFileSync(fullPath, "utf8") : undefined;
}

/** The paths of the files at `root`, a file or a folder, below `directory`; none if it does not exist. */
export function listWorkTree(directory: string, root: string): string[] {
  const at = path.resolve(directory, root);
  const stat = statOf(at);
  const files = stat?.isDirectory() ? list(at) : stat ? [at] : [];
  return files.map((file) => slashed(path.relative(directory, file)));
}

/** Each file once: folders may overlap. */
export function distinctFiles(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((entry) => [entry.file, entry])).values()];
}

/** Every file in the folder and its subfolders; symbolic links are not followed. */
function list(folder: string): string[] {
  const entries: Dirent[] = readdirSync(folder, { withFileTypes: true });
  return entries
    .sort((a, b) => compareText(a.name, b.name))
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? list(file) : [file];
    });
}

/** The mode that git would record. */
function modeOf(file: string): string {
  // A name that is not UTF-8 cannot be used to open its file.
  const stat = statOf(file);
  if (stat?.isSymbolicLink()) return "120000";
  if (!stat?.isFile()) return "special";
  return (stat.mode & 0o100) === 0 ? "100644" : "100755";
}

/** `undefined` if there is no file. */
function statOf(file: string): Stats | undefined {
  try {
    return lstatSync(file);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw error;
  }
}

/** `file` relative to `folder`, with slashes; `undefined` if it is not in `folder`. */
function below(folder: string, file: string): string | undefined {
  const relative = path.relative(folder, file);
  const isOutside =
    relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
  return isOutside ? undefined : slashed(relative);
}

function slashed(file: string): string {
  return path.sep === "/" ? file : file.replaceAll(path.sep, "/");
}
