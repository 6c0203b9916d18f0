import { placeAt } from "./place.ts";
import type { Finding } from "./problem.ts";

/** A flag file nests three levels. */
const maximumLevels = 32;
/** Formatted flag files have none: they are for prose, and for people who have not formatted yet. */
const maximumBrackets = 100;

/**
 * Refuses deep nesting by one scan over the text, before a parser sees it: `yaml` 2.9 recurses,
 * and a thousand `[` kill the process in a way that cannot be caught.
 *
 * The scan knows nothing of quotes and comments, so that nothing can hide in them: it may count
 * more levels than YAML would, never fewer.
 */
export function checkDepth(text: string): Finding[] {
  return [...checkIndentation(text), ...checkBrackets(text)].slice(0, 1);
}

/** Each level of block style costs more indentation, or an indicator on the line. */
function checkIndentation(text: string): Finding[] {
  const open: { indent: number; levels: number }[] = [];
  let depth = 0;
  let offset = 0;
  for (const line of text.split("\n")) {
    const indent = line.search(/[^ \t]/);
    if (indent !== -1) {
      while ((open.at(-1)?.indent ?? -1) >= indent) depth -= open.pop()?.levels ?? 0;
      const levels = 1 + (line.match(/[-?:](?=[ \t]|$)/g)?.length ?? 0);
      open.push({ indent, levels });
      depth += levels;
      if (depth > maximumLevels) {
        return [
          tooDeep(text, offset + indent, `a value nested deeper than ${maximumLevels} levels`),
        ];
      }
    }
    offset += line.length + 1;
  }
  return [];
}

function checkBrackets(text: string): Finding[] {
  let count = 0;
  for (const { index } of text.matchAll(/[[{]/g)) {
    count += 1;
    if (count > maximumBrackets) {
      return [tooDeep(text, index, `a file with more than ${maximumBrackets} opening brackets`)];
    }
  }
  return [];
}

function tooDeep(text: string, offset: number, what: string): Finding {
  const message = `Cannot read ${what}`;
  return { ...placeAt(text, offset), code: "too-deep", message, hint: "a flag nests three levels" };
}
