import { type CST, Lexer, Parser } from "yaml";
import { positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";

/** Maximum depth. A flag file has few levels. */
const maxLevels = 32;

/**
 * The tokens of `text`, for a composer, or that it nests too deep.
 *
 * The composer of `yaml` 2.9 is recursive: a thousand `[` end the process with an error that cannot be
 * caught. Its parser is not recursive, and the length of its stack is the depth. So the depth is checked
 * after each token, and the composer gets only shallow texts, also with odd quotes and indentation.
 */
export function tokenize(text: string): { tokens: CST.Token[]; tooDeep?: Finding } {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    const { offset } = parser;
    tokens.push(...parser.next(lexeme));
    // The document is on the stack as well.
    if (parser.stack.length > maxLevels + 1) return { tokens, tooDeep: tooDeep(text, offset) };
  }
  tokens.push(...parser.end());
  return { tokens };
}

function tooDeep(text: string, offset: number): Finding {
  const message = `Cannot read a value nested deeper than ${maxLevels} levels`;
  const position = positionAt(text, offset);
  return { ...position, code: "too-deep", message, hint: "a flag nests three levels" };
}
