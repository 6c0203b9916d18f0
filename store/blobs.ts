import { maximumBytes } from "../schema/text.ts";
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
  let blob:
    | { object: string; size: number; left: number; kept: Buffer[]; room: number }
    | undefined;
  let pending: Buffer = Buffer.alloc(0);

  const input = `${objects.join("\n")}\n`;
  for await (const chunk of streamGit(directory, ["cat-file", "--batch"], { input })) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      if (!blob) {
        const end = pending.indexOf("\n");
        if (end === -1) break;
        blob = {
          ...readHeader(pending.toString("latin1", 0, end)),
          kept: [],
          room: maximumBytes + 1,
        };
        pending = pending.subarray(end + 1);
      }
      const taken = Math.min(blob.left, pending.length);
      const kept = pending.subarray(0, Math.min(taken, blob.room));
      if (kept.length > 0) blob.kept.push(kept);
      blob.room -= kept.length;
      blob.left -= taken;
      pending = pending.subarray(taken);
      // A line feed follows the content.
      if (blob.left > 0 || pending.length === 0) break;
      pending = pending.subarray(1);
      const { object, size, kept: parts } = blob;
      yield {
        object,
        size,
        bytes: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts),
      };
      blob = undefined;
    }
  }
}

function readHeader(header: string): { object: string; size: number; left: number } {
  const [object = "", type, size] = header.split(" ");
  if (type !== "blob") throw new Error(`Cannot read object ${object}: git says "${header}"`);
  return { object, size: Number(size), left: Number(size) };
}
