/** What stands in a directory of a release already, when the next one is to be written there. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { ManifestLines } from "../../schema/compile/manifest-text.ts";
import { manifestOf } from "./release-files.ts";

export interface Standing {
  /** Of the manifest: a response that has the same line has the same bytes. */
  readonly lines: ReadonlySet<string>;
  /** In bytes, of each file but the manifest; of one that anybody touched, none that a file has. */
  readonly sizes: Map<string, number>;
}

/**
 * The release in `directory`. Nothing where anybody added, moved or removed anything since its
 * manifest was written, or where its folders are not `folders`: rare enough to begin anew.
 */
export function look(directory: string, folders: ReadonlySet<string>): Standing | undefined {
  const found = lstatSync(manifestOf(directory), { throwIfNoEntry: false });
  if (!found?.isFile()) return undefined;
  const lines = new Set(new ManifestLines(readFileSync(manifestOf(directory), "utf8")).all);
  const sizes = new Map<string, number>();
  const unread = [""];
  let seen = 0;
  for (let folder = unread.pop(); folder !== undefined; folder = unread.pop()) {
    for (const entry of readdirSync(`${directory}/${folder}`, { withFileTypes: true })) {
      const name = folder + entry.name;
      if (name === "manifest.json") continue;
      const { ctimeMs, size } = lstatSync(`${directory}/${name}`);
      const isTouched = ctimeMs > found.ctimeMs;
      if (!entry.isDirectory()) sizes.set(name, isTouched ? -1 : size);
      else if (folders.has(name) && !isTouched) seen = unread.push(`${name}/`) && seen + 1;
      else return undefined;
    }
  }
  return seen === folders.size && sizes.size === lines.size ? { lines, sizes } : undefined;
}

/** Tells of each file whether the right bytes stand there already. */
export function leftAlone({ lines, sizes }: Standing, wanted: readonly string[]) {
  return (index: number, file: string, length: number): boolean =>
    lines.has(wanted[index] ?? "") && sizes.get(file) === length && sizes.delete(file);
}
