import { type FolderEntry, folderMode, readFolders } from "./folders.ts";
import { treeLimits } from "./tree.ts";

interface FolderPair {
  /** Git's names of the folder before and after; missing if it does not exist. */
  readonly names: readonly (string | undefined)[];
}

/**
 * Whether two commits differ in at most `maxEntries` files and folders below `path`. Only folders
 * that differ are read, and reading ends at the limit: `git log` would collect all differences, of
 * which a commit of a few kilobytes can hold millions.
 */
export async function differsWithin(
  directory: string,
  [before, after]: readonly [string, string],
  path: string,
  maxEntries: number,
): Promise<boolean> {
  let pairs: FolderPair[] = [{ names: [`${before}:${path}`, `${after}:${path}`] }];
  let count = 0;
  for (let depth = 1; pairs.length > 0; depth++) {
    if (depth > treeLimits.depth) return false;
    const names = pairs.flatMap((pair) => pair.names.filter((name) => name !== undefined));
    const folders = await readFolders(directory, names);
    const next: FolderPair[] = [];
    for (const pair of pairs) {
      const [from, to] = pair.names.map((name) => byName(folders.get(name ?? "") ?? []));
      for (const name of new Set([...(from?.keys() ?? []), ...(to?.keys() ?? [])])) {
        const entries = [from?.get(name), to?.get(name)];
        if (entries[0]?.id === entries[1]?.id && entries[0]?.mode === entries[1]?.mode) continue;
        count += 1;
        if (count > maxEntries) return false;
        const inner = entries.map((entry) => (entry?.mode === folderMode ? entry.id : undefined));
        if (inner.some((id) => id !== undefined)) next.push({ names: inner });
      }
    }
    pairs = next;
  }
  return true;
}

function byName(entries: readonly FolderEntry[]): Map<string, FolderEntry> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}
