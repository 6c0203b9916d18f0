/** Folders in git (trees), read without their subfolders. */
import { readObjects } from "./objects.ts";

export const folderMode = "040000";

/** Maximum size of one tree object, in bytes. */
export const maxFolderBytes = 16 * 1_024 * 1_024;

export interface FolderEntry {
  readonly mode: string;
  /** The name in its folder. */
  readonly name: string;
  readonly id: string;
}

export type Folders = ReadonlyMap<string, readonly FolderEntry[]>;

/**
 * The contents of folders, by the requested names: ids, or `COMMIT:PATH`. Names that are missing, no
 * folder or too large are left out.
 */
export async function readFolders(directory: string, names: readonly string[]): Promise<Folders> {
  const folders = new Map<string, readonly FolderEntry[]>();
  for await (const object of readObjects(directory, [...new Set(names)], maxFolderBytes)) {
    const { name, type, id, size, bytes } = object;
    if (type === "tree" && size <= maxFolderBytes) folders.set(name, parse(bytes, id.length / 2));
  }
  return folders;
}

/** Parses `MODE NAME`, NUL and the bytes of the id, again and again. */
function parse(bytes: Buffer, idBytes: number): FolderEntry[] {
  const entries: FolderEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, space);
    const next = end + 1 + idBytes;
    entries.push({
      mode: bytes.toString("latin1", at, space).padStart(6, "0"),
      name: bytes.toString("utf8", space + 1, end),
      id: bytes.toString("hex", end + 1, next),
    });
    at = next;
  }
  return entries;
}
