import { escapeCharacter, escapeHiddenCharacters } from "../text/hidden-characters.ts";
import { compareText } from "../text/order.ts";
import { type Code, type Severity, severities } from "./codes.ts";
import type { Position } from "./position.ts";

/** An error or a warning about a file, with the fix. */
export interface Problem extends Finding {
  readonly file: string;
  readonly severity: Severity;
}

/** A problem without its file: it depends on the text alone. */
export interface Finding extends Position {
  /** Stable and greppable: tests and `docs/codes.md` refer to it, people read `message`. */
  readonly code: Code;
  readonly message: string;
  readonly hint?: string;
  /** The day, `YYYY-MM-DD`, from which this is a problem. */
  readonly since?: string;
}

/** Findings of one file as problems, those that start after `today` (`YYYY-MM-DD`) left out. */
export function problemsIn(file: string, findings: readonly Finding[], today: string): Problem[] {
  return findings
    .filter(({ since }) => since === undefined || since <= today)
    .map(({ since: _, ...finding }) => ({ file, severity: severities[finding.code], ...finding }));
}

/** By file, line, column, then code: the order in which an author works through them. */
export function compareProblems(a: Problem, b: Problem): number {
  return (
    compareText(a.file, b.file) ||
    a.line - b.line ||
    a.column - b.column ||
    compareText(a.code, b.code)
  );
}

/** `file:line:column`, which terminals and editors turn into a link. */
export function formatProblem(problem: Problem): string {
  const { line, column, code, severity, message, hint } = problem;
  const where = `${escapeInvisible(problem.file)}:${line}:${column}`;
  const what = severity === "warning" ? `warning: ${message}` : message;
  return (
    escapeInvisible(`${where}: ${what} [${code}]`) +
    (hint ? `\n  hint: ${escapeInvisible(hint)}` : "")
  );
}

/** A workflow command, which GitHub shows on the line in the pull request. */
export function formatAnnotation(problem: Problem): string {
  const { file, line, column, code, severity, message, hint } = problem;
  const properties = `file=${property(file)},line=${line},col=${column},title=${property(code)}`;
  return `::${severity} ${properties}::${data(hint ? `${message}\nHint: ${hint}` : message)}`;
}

/**
 * Escapes control and invisible characters, so that a hostile file name or value cannot rewrite the
 * terminal. Also escapes the `[` of `##[`, and `::` at the start: GitHub runs such lines as commands.
 */
export function escapeInvisible(text: string): string {
  return escapeHiddenCharacters(text).replace(/(?<=##)\[|:(?<=^\s*:)(?=:)/g, escapeCharacter);
}

/** Escapes as GitHub's own toolkit does for the text of a workflow command. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** Whether a file with this finding must not be served. */
export function isError({ code }: Pick<Finding, "code">): boolean {
  return severities[code] === "error";
}
