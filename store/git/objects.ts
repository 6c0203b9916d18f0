import { streamGit } from "./git.ts";
import { takeObjectProcess } from "./object-process.ts";

export interface GitObject {
  /** The requested name. */
  readonly name: string;
  /** `missing` if there is no such object. */
  readonly type: string;
  /** Full id; `""` if it is missing. */
  readonly id: string;
  /** In bytes. */
  readonly size: number;
  /** At most `maxBytes + 1` bytes: one more shows that the object is too large. */
  readonly bytes: Buffer;
}

/** For more names, a new process is faster, because it buffers its answers. */
const maxUnbufferedNames = 200;

/**
 * The objects with these names (ids, `COMMIT:PATH`), in order. Of a larger object only the first
 * `maxBytes + 1` bytes are kept. No name holds a line feed.
 */
export async function* readObjects(
  directory: string,
  names: readonly string[],
  maxBytes: number,
): AsyncGenerator<GitObject> {
  if (names.length === 0) return;
  const input = `${names.join("\n")}\n`;
  if (names.length > maxUnbufferedNames) {
    const answers = streamGit(directory, ["cat-file", "--batch", "--buffer"], { input });
    return yield* parseObjects(answers, names, maxBytes);
  }
  const git = await takeObjectProcess(directory);
  let count = 0;
  let isComplete = false;
  try {
    git.send(input);
    for await (const object of parseObjects(git.answers(), names, maxBytes)) {
      count += 1;
      yield object;
    }
    isComplete = true;
  } catch (error) {
    // The process may have ended while it waited.
    if (count > 0 || !git.isReused) throw error;
  } finally {
    if (isComplete) git.keep();
    else git.end();
  }
  if (!isComplete) yield* readObjects(directory, names, maxBytes);
}

async function* parseObjects(
  chunks: AsyncIterable<Buffer>,
  names: readonly string[],
  maxBytes: number,
): AsyncGenerator<GitObject> {
  let pending: Buffer = Buffer.alloc(0);
  /** Bytes to skip: the rest of a large object, and the line feed after each. */
  let bytesToSkip = 0;
  let index = 0;

  for await (const chunk of chunks) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    let at = 0;
    for (;;) {
      const skipped = Math.min(bytesToSkip, pending.length - at);
      at += skipped;
      bytesToSkip -= skipped;
      if (index === names.length && bytesToSkip === 0) return;
      const start = pending.indexOf("\n", at) + 1;
      if (start === 0) break;
      const header = parseHeader(pending.toString("utf8", at, start - 1));
      const end = start + Math.min(header.size, maxBytes + 1);
      if (pending.length < end) break;
      yield { name: names[index] ?? "", ...header, bytes: pending.subarray(start, end) };
      index += 1;
      bytesToSkip = header.type === "missing" ? 0 : header.size + 1 - (end - start);
      at = end;
    }
    pending = pending.subarray(at);
  }
}

/** `ID TYPE SIZE`, or `NAME missing`. */
function parseHeader(header: string): { id: string; type: string; size: number } {
  const [, id = "", type = "missing", size = "0"] =
    /^([0-9a-f]{40,64}) (\w+) (\d+)$/.exec(header) ?? [];
  return { id, type, size: Number(size) };
}
