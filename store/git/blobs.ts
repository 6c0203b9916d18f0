import { maxFileBytes } from "../../schema/file/decode.ts";
import { streamGit } from "./git.ts";

export interface Blob {
  readonly object: string;
  /** In bytes. */
  readonly size: number;
  /** Cut after `maximumBytes` and one: nobody reads further. */
  readonly bytes: Buffer;
}

/** The blobs with these ids, in order, from one process; large ones are passed over, not held. */
export async function* readBlobs(
  directory: string,
  objects: readonly string[],
): AsyncGenerator<Blob> {
  if (objects.length === 0) return;
  let pending: Buffer = Buffer.alloc(0);
  /** Bytes to pass over: the rest of a large blob, and the line feed after each. */
  let unwanted = 0;

  const input = `${objects.join("\n")}\n`;
  for await (const chunk of streamGit(directory, ["cat-file", "--batch", "--buffer"], { input })) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    let at = 0;
    for (;;) {
      const passed = Math.min(unwanted, pending.length - at);
      at += passed;
      unwanted -= passed;
      const start = pending.indexOf("\n", at) + 1;
      if (start === 0) break;
      const { object, size } = readHeader(pending.toString("latin1", at, start - 1));
      const end = start + Math.min(size, maxFileBytes + 1);
      if (pending.length < end) break;
      yield { object, size, bytes: pending.subarray(start, end) };
      unwanted = size + 1 - (end - start);
      at = end;
    }
    pending = pending.subarray(at);
  }
}

function readHeader(header: string): { object: string; size: number } {
  const [object = "", type, size] = header.split(" ");
  if (type !== "blob") throw new Error(`Cannot read object ${object}: git says "${header}"`);
  return { object, size: Number(size) };
}
