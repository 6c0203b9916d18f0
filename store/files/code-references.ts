/** Finds where source trees use flags. Each file is read once for all flags. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { CodeReferences } from "../../schema/github/stale-issue.ts";
import { compareText } from "../../schema/text/order.ts";
import { isGenerated } from "./generated-marker.ts";

/** Larger files are skipped: they are data or build output. In bytes. */
const maxBytes = 1_000_000;
/** Maximum number of files in a source tree. */
const maxFiles = 200_000;
/** Maximum number of references that are listed for each flag. */
const maxShown = 40;
const skippedFolders = new Set([".git", "node_modules"]);

export interface Search {
  /** How many files were read. */
  readonly files: number;
  /** By flag, with an entry for each of `names`. */
  readonly references: ReadonlyMap<string, CodeReferences>;
}

/**
 * Searches for `names` as whole words in all files below `trees`. Skips links, large and binary files, and
 * the generated list of all names, in which every flag would be found.
 */
export function findCodeReferences(trees: readonly string[], names: readonly string[]): Search {
  const found = new Map(names.map((name) => [name, { shown: [] as string[], all: 0 }]));
  let files = 0;
  for (const tree of trees) {
    for (const file of filesBelow(tree)) {
      files += 1;
      if (files > maxFiles) {
        throw new Error(`Cannot search "${tree}": it has more than ${maxFiles} files`);
      }
      const text = readText(path.join(tree, file));
      if (text !== undefined) search(text, file, found);
    }
  }
  return { files, references: found };
}

function search(text: string, file: string, found: Map<string, { shown: string[]; all: number }>) {
  let line = 1;
  let counted = 0;
  for (const match of text.matchAll(/[\w$]+(?:-[\w$]+)*/g)) {
    // `new-checkout` is a name with a hyphen, or an expression with two names.
    const [word] = match;
    const names = found.has(word) ? [word] : word.split("-");
    for (const name of names) {
      const references = found.get(name);
      if (!references) continue;
      for (; counted < match.index; counted++) if (text.charCodeAt(counted) === 10) line += 1;
      references.all += 1;
      const reference = `${file}:${line}`;
      if (references.shown.length < maxShown && references.shown.at(-1) !== reference)
        references.shown.push(reference);
    }
  }
}

/** Relative paths, sorted, so that the same tree gives the same result. */
function* filesBelow(tree: string): Generator<string> {
  const pending = [""];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const entries = readdirSync(path.join(tree, folder), { withFileTypes: true });
    const sorted = entries
      .filter(({ name }) => !skippedFolders.has(name))
      .sort((a, b) => compareText(a.name, b.name));
    for (const entry of sorted) if (entry.isFile()) yield path.posix.join(folder, entry.name);
    const folders = sorted.filter((entry) => entry.isDirectory());
    pending.push(...folders.map(({ name }) => path.posix.join(folder ?? "", name)).reverse());
  }
}

function readText(file: string): string | undefined {
  if (lstatSync(file).size > maxBytes) return undefined;
  const bytes = readFileSync(file);
  if (bytes.subarray(0, 8_000).includes(0)) return undefined;
  const text = bytes.toString("utf8");
  return isGenerated(text) ? undefined : text;
}
