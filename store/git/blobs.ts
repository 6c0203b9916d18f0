import { maxFileBytes } from "../../schema/file/decode.ts";
import { readObjects } from "./objects.ts";

export interface Blob {
  readonly object: string;
  /** In bytes. */
  readonly size: number;
  /** Cut after `maxFileBytes` and one: nobody reads further. */
  readonly bytes: Buffer;
}

/** The blobs with these ids, in order, from one process. Large ones are skipped, not held in memory. */
export async function* readBlobs(directory: string, ids: readonly string[]): AsyncGenerator<Blob> {
  for await (const { name, type, size, bytes } of readObjects(directory, ids, maxFileBytes)) {
    if (type !== "blob") throw new Error(`Cannot read object ${name}: it is ${type}, not a blob`);
    yield { object: name, size, bytes };
  }
}
