import { maxFileBytes } from "../../schema/yaml/decode.ts";
import { readGit } from "./git.ts";
import { type GitObject, readObjects } from "./objects.ts";

/** The blobs with these ids, in order. Of a larger one only the first `maxFileBytes + 1` bytes are kept. */
export async function* readBlobs(
  directory: string,
  ids: readonly string[],
): AsyncGenerator<GitObject> {
  for await (const object of readObjects(directory, ids, maxFileBytes)) {
    const { name, type } = object;
    if (type !== "blob") throw new Error(`Cannot read object ${name}: it is ${type}, not a blob`);
    yield object;
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
