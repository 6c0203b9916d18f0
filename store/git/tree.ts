/**
 * The files of a commit, within limits: a commit of a few kilobytes can hold millions of paths, so
 * each folder is read by itself, and reading ends where a limit is exceeded.
 */
import { compareText } from "../../schema/text/order.ts";
import { readObjects } from "./objects.ts";

/** One file of a tree. */
export interface TreeEntry {
  /** From the top of the repository: `flags/nutrition/meal_planning.yaml`. */
  readonly file: string;
  /** `100644` for a plain file. */
  readonly mode: string;
  /** Id of the object. */
  readonly object: string;
}

export interface Tree {
  /** By path. Incomplete if a limit is exceeded. */
  readonly entries: readonly TreeEntry[];
  /** The names of all files and folders at the top. */
  readonly top: readonly string[];
  /** The limit that is exceeded, and the folder in which that was found. */
  readonly exceeded?: ExceededLimit;
}

export interface ExceededLimit {
  readonly folder: string;
  readonly limit: "entries" | "depth" | "paths" | "folder";
  /** What was found: "more than 150000 files and folders". */
  readonly what: string;
}

/** What a tree may hold. */
export const treeLimits = {
  /** Files and folders. */
  entries: 150_000,
  /** Folders in folders. */
  depth: 10,
  /** Characters of all paths. */
  paths: 32_000_000,
  /** Bytes of one folder in git's own form. */
  folder: 16 * 1_024 * 1_024,
} as const;

interface Folder {
  readonly path: string;
  readonly id: string;
}

/** The files with these paths, and all files below them if they are folders. `commit` is a full id. */
export async function readTree(
  directory: string,
  commit: string,
  paths: readonly string[],
): Promise<Tree> {
  const top = await readTop(directory, commit, paths);
  const files: TreeEntry[] = [];
  let folders: Folder[] = [];
  let count = 0;
  let characters = 0;
  const add = (path: string, mode: string, id: string): void => {
    count += 1;
    characters += path.length;
    if (mode === folderMode) folders.push({ path, id });
    else files.push({ file: path, mode, object: id });
  };
  const finish = (exceeded?: ExceededLimit): Tree => {
    files.sort((a, b) => compareText(a.file, b.file));
    const names = top.entries.map(({ path }) => path);
    return { entries: files, top: names, ...(exceeded ? { exceeded } : {}) };
  };

  for (const { path, mode, id } of top.entries) if (paths.includes(path)) add(path, mode, id);
  for (let depth = 1; folders.length > 0; depth++) {
    const level = folders;
    folders = [];
    const [first] = level;
    if (depth > treeLimits.depth && first) return finish(exceededIn(first.path, "depth"));
    const contents = depth === 1 ? top.folders : await readFolders(directory, level);
    for (const { path, id } of level) {
      const found = contents.get(id);
      if (!found) return finish(exceededIn(path, "folder"));
      for (const entry of found) {
        add(`${path}/${entry.path}`, entry.mode, entry.id);
        if (count > treeLimits.entries) return finish(exceededIn(path, "entries"));
        if (characters > treeLimits.paths) return finish(exceededIn(path, "paths"));
      }
    }
  }
  return finish();
}

function exceededIn(folder: string, limit: ExceededLimit["limit"]): ExceededLimit {
  const whats = {
    entries: `more than ${treeLimits.entries} files and folders`,
    depth: `more than ${treeLimits.depth} folders in each other`,
    paths: `paths of more than ${treeLimits.paths} characters`,
    folder: `a folder that takes more than ${treeLimits.folder} bytes in git`,
  };
  return { folder, limit, what: whats[limit] };
}

const folderMode = "040000";

interface FolderEntry extends Folder {
  readonly mode: string;
}

type Folders = ReadonlyMap<string, readonly FolderEntry[]>;

/** The top folder of a commit, and the contents of those of `paths` that are folders, from one process. */
async function readTop(
  directory: string,
  commit: string,
  paths: readonly string[],
): Promise<{ entries: readonly FolderEntry[]; folders: Folders }> {
  const root = `${commit}^{tree}`;
  const names = [root, ...paths.map((path) => `${commit}:${path}`)];
  let entries: readonly FolderEntry[] = [];
  const folders = new Map<string, readonly FolderEntry[]>();
  for await (const { name, type, id, size, bytes } of readObjects(
    directory,
    names,
    treeLimits.folder,
  )) {
    if (name === root && type !== "tree")
      throw new Error(`Cannot read the files of ${commit}: git says "${type}"`);
    if (type !== "tree") continue;
    if (name === root) entries = parseFolder(bytes, id.length / 2);
    else if (size <= treeLimits.folder) folders.set(id, parseFolder(bytes, id.length / 2));
  }
  return { entries, folders };
}

/** The contents of folders, by id. A folder that is too large is left out. */
async function readFolders(directory: string, folders: readonly Folder[]): Promise<Folders> {
  const ids = [...new Set(folders.map(({ id }) => id))];
  const contents = new Map<string, readonly FolderEntry[]>();
  for await (const object of readObjects(directory, ids, treeLimits.folder)) {
    const { name, type, id, size, bytes } = object;
    if (type !== "tree") throw new Error(`Cannot read folder ${name}: git says "${type}"`);
    if (size <= treeLimits.folder) contents.set(name, parseFolder(bytes, id.length / 2));
  }
  return contents;
}

/** `MODE NAME`, NUL and the bytes of the id, again and again. A cut entry at the end is left out. */
function parseFolder(bytes: Buffer, idBytes: number): FolderEntry[] {
  const entries: FolderEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    const next = end + 1 + idBytes;
    if (space === -1 || end === -1 || next > bytes.length) break;
    entries.push({
      mode: bytes.toString("latin1", at, space).padStart(6, "0"),
      path: bytes.toString("utf8", space + 1, end),
      id: bytes.toString("hex", end + 1, next),
    });
    at = next;
  }
  return entries;
}
