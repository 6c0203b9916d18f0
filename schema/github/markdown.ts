/**
 * Shows text that others wrote, without effect. GitHub looks for mentions, links, HTML and emphasis
 * everywhere except in code, so such text is shown as code.
 */
import { escapeInvisible } from "../problem/problem.ts";
import { cut } from "../text/show.ts";

/** Inline code, of at most 300 characters. Not for tables, where `|` ends a cell. */
export function inline(text: string): string {
  const line = cut(escapeInvisible(text), 300);
  if (line.trim() === "") return "(nothing)";
  const fence = "`".repeat(longestRun(line) + 1);
  // Spaces separate backticks from the fence; Markdown removes them.
  return line.includes("`") ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
}

/** A code block. */
export function block(lines: readonly string[], language = "text"): string {
  const text = lines.map(escapeInvisible);
  const fence = "`".repeat(Math.max(3, longestRun(text.join("\n")) + 1));
  return [`${fence}${language}`, ...text, fence].join("\n");
}

/** The size of a text for GitHub's limits, which count characters or bytes. */
export function sizeOf(text: string): number {
  return Math.max(text.length, Buffer.byteLength(text));
}

/** As many of `lines` as fit into `maxLength` characters; `more` describes the others. */
export function fitLines(
  lines: readonly string[],
  maxLength: number,
  more: (left: number) => string,
): string[] {
  let length = 0;
  for (const [index, line] of lines.entries()) {
    length += sizeOf(line) + 1;
    const last = more(lines.length - index);
    const fits =
      index === lines.length - 1 ? length <= maxLength : length + sizeOf(last) + 1 <= maxLength;
    if (!fits) return [...lines.slice(0, index), last];
  }
  return [...lines];
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
