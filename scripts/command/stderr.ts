/** What commands write to stderr. Their results go to stdout. */
import { withCommandLines } from "./command-line.ts";

/** Writes a line to stderr; commands in it as the user can call them. */
export function note(text: string): void {
  process.stderr.write(`${withCommandLines(text)}\n`);
}

/** Shows a progress line on a terminal while `work` runs; nothing if stderr is not a terminal. */
export async function withProgress<T>(
  doing: string,
  work: (onProgress: (done: number, all: number) => void) => Promise<T>,
): Promise<T> {
  let shown = false;
  try {
    return await work((done, all) => {
      if (!process.stderr.isTTY) return;
      process.stderr.write(`\r${doing} ${Math.floor((100 * done) / all)} % of ${all}`);
      shown = true;
    });
  } finally {
    if (shown) process.stderr.write("\r\x1b[K");
  }
}
