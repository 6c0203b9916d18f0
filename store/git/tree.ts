/**
 * The files of a commit, within limits: a commit of a few kilobytes can hold millions of paths, so
 * each folder is read by itself, and reading ends if a limit is exceeded.
 */
import { compareText } from "../../schema/text/order.ts";
import { type FolderEntry, folderMode, maxFolderBytes, readFolders } from "./folders.ts";

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
  /** The number of files and folders in `entries`, and of characters in all paths. */
  readonly size: { readonly entries: number; readonly characters: number };
  /** The limit that is exceeded, and the folder in which that was found. */
  readonly exceeded?: ExceededTreeLimit;
}

export interface ExceededTreeLimit {
  readonly folder: string;
  readonly limit: "entries" | "depth" | "paths" | "folder";
  /** What was found: "more than 150000 files and folders". */
  readonly what: string;
}

/** Limits of a tree. */
export const treeLimits = {
  /** Files and folders. */
  entries: 150_000,
  /** Folders in folders. */
  depth: 10,
  /** Characters of all paths. */
  paths: 32_000_000,
} as const;

/** The files with these paths, and all files below them if they are folders. `commit` is a full id. */
export async function readTree(
  directory: string,
  commit: string,
  paths: readonly string[],
): Promise<Tree> {
  const root = `${commit}^{tree}`;
  // One process reads this folder and those at the top.
  const first = await readFolders(directory, [root, ...paths.map((path) => `${commit}:${path}`)]);
  const top = first.get(root);
  if (!top) throw new Error(`Cannot read the files of ${commit}: git does not know them`);
  const files: TreeEntry[] = [];
  let folders: { path: string; id: string; content?: readonly FolderEntry[] | undefined }[] = [];
  let count = 0;
  let characters = 0;
  const add = (path: string, { mode, id }: FolderEntry): void => {
    count += 1;
    characters += path.length;
    if (mode === folderMode) folders.push({ path, id, content: first.get(`${commit}:${path}`) });
    else files.push({ file: path, mode, object: id });
  };
  const finish = (exceeded?: ExceededTreeLimit): Tree => {
    files.sort((a, b) => compareText(a.file, b.file));
    const names = top.map(({ name }) => name);
    const size = { entries: count, characters };
    return { entries: files, top: names, size, ...(exceeded ? { exceeded } : {}) };
  };

  for (const entry of top) if (paths.includes(entry.name)) add(entry.name, entry);
  for (let depth = 1; folders.length > 0; depth++) {
    const level = folders;
    folders = [];
    if (depth > treeLimits.depth) return finish(exceededIn(level[0]?.path ?? "", "depth"));
    const unread = level.filter(({ content }) => !content).map(({ id }) => id);
    const contents = await readFolders(directory, unread);
    for (const { path, id, content = contents.get(id) } of level) {
      if (!content) return finish(exceededIn(path, "folder"));
      for (const entry of content) {
        add(`${path}/${entry.name}`, entry);
        if (count > treeLimits.entries) return finish(exceededIn(path, "entries"));
        if (characters > treeLimits.paths) return finish(exceededIn(path, "paths"));
      }
    }
  }
  return finish();
}

function exceededIn(folder: string, limit: ExceededTreeLimit["limit"]): ExceededTreeLimit {
  const whats = {
    entries: `more than ${treeLimits.entries} files and folders`,
    depth: `more than ${treeLimits.depth} folders in each other`,
    paths: `paths of more than ${treeLimits.paths} characters`,
    folder: `a folder that takes more than ${maxFolderBytes} bytes in git`,
  };
  return { folder, limit, what: whats[limit] };
}
