/** The flag files of a commit, each content parsed once. */
import { maxFileBytes } from "../../schema/file/decode.ts";
import { type ParsedFile, parseFlagFile } from "../../schema/file/parsed-file.ts";
import type { Project } from "../../schema/project/project.ts";
import { readBlobs, sumSizes } from "../git/blobs.ts";
import { parseBlob } from "./entry.ts";
import { ErrorBudget } from "./error-budget.ts";
import type { ParsedFiles } from "./parsed-files.ts";

/** Bytes of all distinct flag files of a commit. Parsing as much takes about half a minute. */
export const maxTotalBytes = 64 * 1_024 * 1_024;

/** What reading takes, beside the files. */
export interface FlagFilesOptions {
  readonly directory: string;
  readonly known: ParsedFiles;
  readonly project: Project;
  readonly progress: (read: number, all: number) => void;
}

/**
 * The parsed content of each object, by its id; `undefined` if together they exceed `maxTotalBytes`.
 * Contents that are known are not read again.
 */
export async function readFlagFiles(
  objects: readonly string[],
  { directory, known, project, progress }: FlagFilesOptions,
): Promise<ReadonlyMap<string, ParsedFile> | undefined> {
  // The same bytes may be valid in one project and invalid in another.
  const keyOf = (object: string) => `${project.object}${object}`;
  const contents = new Map<string, ParsedFile>();
  const budget = new ErrorBudget();
  const unread = new Set<string>();
  let bytes = 0;
  for (const object of new Set(objects)) {
    const found = known.get(keyOf(object));
    if (!found) unread.add(object);
    else {
      bytes += found.size;
      contents.set(object, budget.apply(found.content));
    }
  }
  // Only many files can be too much: git is not asked for the sizes of few.
  if (bytes + unread.size * maxFileBytes > maxTotalBytes)
    bytes += await sumSizes(directory, [...unread]);
  if (bytes > maxTotalBytes) return undefined;
  for await (const blob of readBlobs(directory, [...unread])) {
    const content = budget.apply(parseBlob(blob, (text) => parseFlagFile(text, project)));
    contents.set(blob.object, content);
    known.set(keyOf(blob.object), { content, size: blob.bytes.length });
    if (contents.size % 500 === 0) progress(contents.size, objects.length);
  }
  known.save();
  return contents;
}
