/** The files of a commit in `flags/`, each content parsed once. */
import { type ParsedFile, parseFile } from "../../schema/file/parsed-file.ts";
import type { FileKind } from "../../schema/flag/file-kind.ts";
import type { Project } from "../../schema/project/project.ts";
import { maxFileBytes } from "../../schema/yaml/decode.ts";
import { readBlobs, sumSizes } from "../git/blobs.ts";
import { maxTotalBytes } from "./commit-size.ts";
import { parseBlob } from "./entry.ts";
import { ErrorBudget } from "./error-budget.ts";
import type { ParsedFiles } from "./parsed-files.ts";

/** Options for reading, beside the files. */
export interface FlagFilesOptions {
  readonly directory: string;
  readonly known: ParsedFiles;
  readonly project: Project;
  readonly progress: (read: number, all: number) => void;
}

/** A content, and the kind of file that it is read as. */
export interface FileContent {
  readonly kind: FileKind;
  readonly object: string;
}

/** Two files may have the same bytes, and be of two kinds. */
export function contentKey({ kind, object }: FileContent): string {
  return `${kind} ${object}`;
}

/** The contents of files. */
export interface FlagFiles {
  /** By `contentKey()`. */
  readonly contents: ReadonlyMap<string, ParsedFile>;
  /** Of all contents. */
  readonly bytes: number;
}

/**
 * The parsed contents; `undefined` if together they exceed `maxTotalBytes`. Contents that are known are
 * not read again.
 */
export async function readFlagFiles(
  files: readonly FileContent[],
  { directory, known, project, progress }: FlagFilesOptions,
): Promise<FlagFiles | undefined> {
  // The same bytes may be valid in one project and invalid in another.
  const keyOf = (key: string) => `${project.object}${key}`;
  const contents = new Map<string, ParsedFile>();
  const budget = new ErrorBudget();
  const unread = new Map<string, FileKind[]>();
  let bytes = 0;
  const distinct = new Map(files.map((file) => [contentKey(file), file]));
  for (const [key, { kind, object }] of distinct) {
    const found = known.get(keyOf(key));
    if (!found) unread.set(object, [...(unread.get(object) ?? []), kind]);
    else {
      bytes += found.size;
      contents.set(key, budget.apply(found.content));
    }
  }
  const objects = [...unread].flatMap(([object, kinds]) => kinds.map(() => object));
  // Only many files can exceed the limit: the sizes of a few files are not requested.
  const mayExceed = bytes + objects.length * (maxFileBytes + 1) > maxTotalBytes;
  const unreadBytes = mayExceed ? await sumSizes(directory, objects) : 0;
  if (bytes + unreadBytes > maxTotalBytes) return undefined;
  for await (const blob of readBlobs(directory, [...unread.keys()])) {
    for (const kind of unread.get(blob.id) ?? []) {
      const key = contentKey({ kind, object: blob.id });
      const content = budget.apply(parseBlob(blob, (text) => parseFile(kind, text, project)));
      contents.set(key, content);
      bytes += blob.bytes.length;
      known.set(keyOf(key), { content, size: blob.bytes.length });
      if (contents.size % 500 === 0) progress(contents.size, files.length);
    }
  }
  known.save();
  return { contents, bytes };
}
