/** Flag files as they stand in a directory, committed or not. */
import { type Dirent, lstatSync, readdirSync, readFileSync, type Stats } from "node:fs";
import path from "node:path";
import { maxFileBytes, tooLarge } from "../../schema/file/decode.ts";
import type { ParsedFile } from "../../schema/file/parsed-file.ts";
import { type Entry, isReadable } from "../../schema/file/validate.ts";
import { compareText } from "../../schema/text/order.ts";

/**
 * The files at `place`, a file or a folder, below `directory`. A folder is taken for `flags/`, or
 * a part of it. A file that stands outside `flags/` is judged by its content alone.
 */
export function readWorkTree(
  directory: string,
  place: string,
  readContent: (bytes: Buffer, path: string | undefined) => ParsedFile,
): Entry[] {
  const at = path.resolve(directory, place);
  const inFlags = below(path.resolve(directory, "flags"), at);
  const stat = look(at);
  if (!stat) throw new Error(`Cannot read "${place}": there is no such file or folder`);
  const root = inFlags === undefined ? at : path.resolve(directory, "flags");
  const files = stat.isDirectory() ? list(at) : [at];

  return files.map((file) => {
    const inside = stat.isDirectory() || inFlags !== undefined ? below(root, file) : undefined;
    const shown = slashed(path.relative(directory, file));
    const entry = { file: shown, mode: modeOf(file), ...(inside ? { path: inside } : {}) };
    const isWorthReading = inside ? isReadable(inside, entry.mode) : entry.mode === "100644";
    if (!isWorthReading) return entry;
    return { ...entry, content: readFile(file, (bytes) => readContent(bytes, inside)) };
  });
}

function readFile(file: string, readContent: (bytes: Buffer) => ParsedFile): ParsedFile {
  const { size } = lstatSync(file);
  return size > maxFileBytes ? { findings: [tooLarge(size)] } : readContent(readFileSync(file));
}

/** Every file in the folder and those in it; nothing is followed. */
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
  // A name that is not UTF-8 does not lead back to its file.
  const stat = look(file);
  if (stat?.isSymbolicLink()) return "120000";
  if (!stat?.isFile()) return "special";
  return (stat.mode & 0o100) === 0 ? "100644" : "100755";
}

/** Nothing where there is no file. */
function look(file: string): Stats | undefined {
  try {
    return lstatSync(file);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw error;
  }
}

/** `file` relative to `folder`, with slashes; nothing where it stands elsewhere. */
function below(folder: string, file: string): string | undefined {
  const relative = path.relative(folder, file);
  const isOutside =
    relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
  return isOutside ? undefined : slashed(relative);
}

function slashed(file: string): string {
  return path.sep === "/" ? file : file.replaceAll(path.sep, "/");
}
