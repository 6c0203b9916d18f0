/** The table of cases: the flags of `repository/`, evaluated for 1,000 callers. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { Definition, Definitions } from "../../schema/evaluate/definition.ts";
import { evaluate } from "../../schema/evaluate/evaluate.ts";
import type { Files } from "../git/repository.ts";
import { type Caller, createContexts } from "./contexts.ts";
import type { Answer, TypedFlag } from "./evaluator.ts";

export const contexts: readonly Caller[] = createContexts();

/** The files of a repository with twelve flags. */
export function caseFiles(): Files {
  const directory = fileURLToPath(new URL("repository/", import.meta.url));
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(
    files.map((file) => [path.relative(directory, file), readFileSync(file, "utf8")]),
  );
}

/** The flags of definitions, by name. */
export function typedFlags({ flags }: Definitions): TypedFlag[] {
  return Object.entries(flags).map(([name, definition]) => ({ name, type: typeOf(definition) }));
}

function typeOf({ variants }: Definition): TypedFlag["type"] {
  if (!variants) return "boolean";
  const isWhole = variants.every(([, value]) => Number.isInteger(value));
  return isWhole ? "integer" : (typeof variants[0]?.[1] as TypedFlag["type"]);
}

/** A decision in which a program does not agree with our evaluator. */
export interface Difference {
  readonly flag: string;
  readonly context: Caller;
  readonly expected: Answer;
  readonly answer: Answer | undefined;
}

/** Compares the value and the variant of each decision. */
export function findDifferences(
  definitions: Definitions,
  answers: readonly (readonly Answer[])[],
): Difference[] {
  const names = Object.keys(definitions.flags);
  return contexts.flatMap((context, at) =>
    names.flatMap((flag, index) => {
      const { value, variant } = evaluate(definitions, flag, context);
      const expected: Answer = [value, variant ?? null, null];
      const answer = answers[at]?.[index];
      return isDeepStrictEqual(answer, expected) ? [] : [{ flag, context, expected, answer }];
    }),
  );
}

/** Differences as lines, by flag, with one example each. */
export function summarize(differences: readonly Difference[]): string[] {
  const byFlag = new Map<string, Difference[]>();
  for (const difference of differences) {
    const key = `${difference.flag}: ${difference.answer?.[2] ?? ""}`;
    byFlag.set(key, [...(byFlag.get(key) ?? []), difference]);
  }
  return [...byFlag].map(([key, all]) => `${key} ${all.length} times: ${JSON.stringify(all[0])}`);
}
