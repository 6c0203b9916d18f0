/** GitHub's expressions, by GitHub's own evaluator. */
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";

/** The contexts of an expression: `github`, `env`, `steps` and so on, as plain data. */
export type Contexts = Readonly<Record<string, unknown>>;

/** `success()` and its like, for a step or a job. */
export type Status = Readonly<Record<"success" | "failure" | "cancelled", boolean>>;

/** The value of an expression, without its braces. Throws if it names a missing value. */
export function evaluate(expression: string, contexts: Contexts, status?: Status): unknown {
  const functions = status ? statusFunctions(status) : [];
  const { tokens } = new Lexer(expression).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
  const known = toData(contexts) as data.Dictionary;
  const named = new Map(functions.map((one) => [one.name, one]));
  const value = new Evaluator(parsed, known, named).evaluate();
  return JSON.parse(JSON.stringify(value, data.replacer));
}

/** A text with every `${{ }}` in it replaced. */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replace(inBraces, (_, expression) => asText(evaluate(expression, contexts)));
}

/** The result of an `if`. Without a status function, it includes `success()`. */
export function isMet(condition: unknown, contexts: Contexts, status: Status): boolean {
  const text = String(condition ?? "success()").trim();
  const expression = /^\$\{\{([\s\S]*)\}\}$/.exec(text)?.[1] ?? text;
  const asksForStatus = /\b(?:success|failure|cancelled|always)\s*\(/i.test(
    expression.replace(/'(?:[^']|'')*'/g, "''"),
  );
  const whole = asksForStatus ? expression : `success() && (${expression})`;
  return isTruthy(evaluate(whole, contexts, status));
}

const inBraces = /\$\{\{((?:[^'}]|'(?:[^']|'')*'|\}(?!\}))*)\}\}/g;

function statusFunctions(status: Status) {
  const values = { ...status, always: true };
  return Object.entries(values).map(([name, value]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  }));
}

function toData(value: unknown): data.ExpressionData {
  return JSON.parse(JSON.stringify(value), data.reviver);
}

/** A value as text, in GitHub's format. */
function asText(value: unknown): string {
  if (value === null) return "";
  return typeof value === "object" ? (Array.isArray(value) ? "Array" : "Object") : String(value);
}

function isTruthy(value: unknown): boolean {
  return value !== null && value !== false && value !== "" && value !== 0;
}
