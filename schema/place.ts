/** Line and column of an offset in `text`, both from 1. */
export function placeAt(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", start)) {
    line += 1;
    start = at + 1;
  }
  return { line, column: offset - start + 1 };
}

/** The beginning of a file: where a problem with the whole of it is shown. */
export const fileStart = { line: 1, column: 1 } as const;
