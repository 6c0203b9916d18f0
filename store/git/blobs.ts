import { maxFileBytes } from "../../schema/yaml/decode.ts";
import { readGit } from "./git.ts";
import { readObjects } from "./objects.ts";

export interface Blob {
  readonly object: string;
  /** In bytes. */
  readonly size: number;
  /** At most `maxFileBytes + 1` bytes: one more shows that the file is too large. */
  readonly bytes: Buffer;
}

/** The blobs with these ids, in order, from one process. Large ones are skipped, not held in memory. */
export async function* readBlobs(directory: string, ids: readonly string[]): AsyncGenerator<Blob> {
  for await (const { name, type, size, bytes } of readObjects(directory, ids, maxFileBytes)) {
    if (type !== "blob") throw new Error(`Cannot read object ${name}: it is ${type}, not a blob`);
    yield { object: name, size, bytes };
  }
}

/** The total number of bytes of these blobs. */
export async function sumSizes(directory: string, ids: readonly string[]): Promise<number> {
  const args = ["cat-file", "--batch-check=%(objectsize)"];
  const answer = await readGit(directory, args, { input: ids.map((id) => `${id}\n`).join("") });
  const sizes = answer.trimEnd().split("\n").map(Number);
  return sizes.reduce((sum, size) => sum + Math.min(size || 0, maxFileBytes + 1), 0);
}

/** The text of one blob. Throws if there is none. */
export async function readBlobText(directory: string, object: string): Promise<string> {
  let text = "";
  for await (const { bytes } of readBlobs(directory, [object])) text = bytes.toString("utf8");
  return text;
}
