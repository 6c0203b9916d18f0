/** Removes steps of a schedule from the text of a flag file, line by line: comments on other lines stay. */
import { isMap, isNode, isPair, isScalar, isSeq } from "yaml";
import { format } from "./edit.ts";
import { parseYaml } from "./parse.ts";

/**
 * `text` without the first `count` steps of the schedule of a block, and without the key if none is
 * left. `block` is `[]` or `["environments", NAME]`. Throws if `text` is not YAML.
 */
export function removeSteps(text: string, block: readonly string[], count: number): string {
  // In this layout each step starts on a line of its own.
  const laidOut = format(text);
  const contents = parseYaml(laidOut).document?.getIn(block, true);
  if (!isMap(contents)) return text;
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === "schedule");
  if (!isPair(pair) || !isSeq(pair.value)) return text;
  const { items } = pair.value;
  const removed = items.slice(0, count);
  if (removed.length === 0) return text;
  const lines = removed.map((step) => linesOf(laidOut, step));
  if (removed.length === items.length) lines.push(linesOf(laidOut, pair.key));
  return format(cut(laidOut, lines));
}

type Range = readonly [start: number, end: number];

/** From the start of the first line of a node to the end of its last line. */
function linesOf(text: string, node: unknown): Range {
  const [from = 0, to = from] = (isNode(node) && node.range) || [];
  // The range of a block mapping ends after its last line.
  const last = Math.max(from, text.slice(from, to).trimEnd().length + from - 1);
  const end = text.indexOf("\n", last);
  return [text.lastIndexOf("\n", from - 1) + 1, end === -1 ? text.length : end + 1];
}

function cut(text: string, ranges: readonly Range[]): string {
  return [...ranges]
    .sort(([a], [b]) => b - a)
    .reduce((rest, [start, end]) => rest.slice(0, start) + rest.slice(end), text);
}
