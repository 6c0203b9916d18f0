/** A module's source without comments and the content of strings, for a search by patterns. */
export interface Code {
  /**
   * Comments, regular expressions and the text of templates are removed; a string is replaced by its
   * number: `from "3"`.
   */
  readonly text: string;
  /** The contents of the strings, by number. */
  readonly strings: readonly string[];
}

/** Line numbers stay the same. Throws if it cannot parse the source, so that it misses no import. */
export function readCode(source: string): Code {
  const strings: string[] = [];
  /** For each `${` that is open, how many `{` are open inside it. */
  const open: number[] = [];
  let text = "";
  let before = "";
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const token = pattern.exec(source)?.[0] ?? "";
    at += token.length;
    return token;
  };

  while (at < source.length) {
    const skipped = take(commentOrSpace);
    text += skipped.startsWith("/") ? ` ${lineFeeds(skipped)}` : skipped;
    if (skipped !== "") continue;

    const next = source[at] ?? "";
    const resumesTemplate = next === "}" && open.at(-1) === 0;
    let token: string;
    if (next === '"' || next === "'") {
      token = take(string);
      text += `"${strings.push(token.slice(1, -1)) - 1}"`;
    } else if (next === "`" || resumesTemplate) {
      token = take(template);
      text += `\`${lineFeeds(token)}`;
      if (resumesTemplate) open.pop();
      if (token.endsWith("{")) open.push(0);
    } else if (next === "/" && operandIsDue.test(before)) {
      token = take(pattern);
      text += "/";
    } else {
      token = take(wordOrSign);
      text += token;
      const depth = open.at(-1) ?? 0;
      if (token === "{" && open.length > 0) open[open.length - 1] = depth + 1;
      if (token === "}" && open.length > 0) open[open.length - 1] = depth - 1;
    }
    if (token === "") throw new Error(`Cannot read the code from "${source.slice(at, at + 40)}"`);
    before = token.endsWith("{") ? "{" : token;
  }
  if (open.length > 0) throw new Error("Cannot read the code: a template has no end");
  return { text, strings };
}

const commentOrSpace = /\/\/.*|\/\*[\s\S]*?\*\/|\s+/y;
const string = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y;
const template = /[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;
const pattern = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
const wordOrSign = /[\w$#\u0080-\uffff]+|[^"'`]/y;

/**
 * A slash begins a regular expression where an operand is expected, and divides after an operand. `</`
 * closes an element of JSX.
 */
const operandIsDue =
  /^(?:[^\w$#\u0080-\uffff)\]"'`}<]|return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield)?$/;

function lineFeeds(text: string): string {
  return text.replace(/[^\n]/g, "");
}
