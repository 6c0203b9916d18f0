/** A file in git, as input for validation. */
import type { Entry } from "../../schema/file/entry.ts";
import type { ParsedFile } from "../../schema/file/parsed-file.ts";
import { fileKindOf } from "../../schema/flag/file-kind.ts";
import { tooLarge } from "../../schema/yaml/decode.ts";
import type { GitObject } from "../git/objects.ts";

/** The content of a blob by `read`, which is not called if the blob is too large. */
export function parseBlob(
  { size, bytes }: Pick<GitObject, "size" | "bytes">,
  read: (bytes: Buffer) => ParsedFile,
): ParsedFile {
  return size > bytes.length ? { findings: [tooLarge(size)] } : read(bytes);
}

/** `file` is from the top of the repository; `content` is missing if the file must not be read. */
export function entryOf(file: string, mode: string, content: ParsedFile | undefined): Entry {
  const kind = fileKindOf(file);
  const path = file.replace(/^flags\//, "");
  return {
    file,
    kind,
    ...(kind === "project" ? {} : { path }),
    mode,
    ...(content ? { content } : {}),
  };
}
