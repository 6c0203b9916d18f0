import { Lexer } from "yaml";

export interface Comment {
  /** Offset in the file. */
  readonly at: number;
  /** With its "#". */
  readonly text: string;
}

/** The comments of a YAML text. A "#" inside a quoted or a block text is no comment. */
export function commentsIn(text: string): Comment[] {
  const comments: Comment[] = [];
  let at = 0;
  let previous = "";
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme.startsWith("#") && previous !== scalar) comments.push({ at, text: lexeme });
    if (!marks.has(lexeme)) at += lexeme.length;
    previous = lexeme;
  }
  return comments;
}

/** Tokens that the lexer puts before a plain or block text. They are not in the text itself. */
const scalar = "\u001f";
/** Other tokens that are not in the text: the start of a document, and the end of an unclosed flow collection. */
const marks: ReadonlySet<string> = new Set([scalar, "\u0002", "\u0018"]);
