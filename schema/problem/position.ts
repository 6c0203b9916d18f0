/** Line and column of an offset in `text`, both from 1. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const starts = lineStarts(text);
  let line = 1;
  for (let after = starts.length; line < after; ) {
    const middle = (line + after + 1) >> 1;
    if ((starts[middle - 1] ?? 0) <= offset) line = middle;
    else after = middle - 1;
  }
  return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
}

/** The beginning of a file: where a problem with the whole of it is shown. */
export const fileStart = { line: 1, column: 1 } as const;

let last = { text: "", starts: [0] };

/** Offsets of the starts of lines. Cached for the last text, so that a file with 10,000 problems is scanned once. */
function lineStarts(text: string): readonly number[] {
  if (last.text !== text) {
    const starts = [0];
    for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1))
      starts.push(at + 1);
    last = { text, starts };
  }
  return last.starts;
}
