/** A line and a column in a file. Both numbers are from 1; columns are in UTF-16 code units, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The position of an offset in `text`. */
export function positionAt(text: string, offset: number): Position {
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
export const fileStart: Position = { line: 1, column: 1 };

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
