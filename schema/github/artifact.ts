/** Checks the files that a run of untrusted code leaves: they may contain anything. */
import type { ValidateFunction } from "ajv/dist/2020.js";
import type { Plan } from "../plan/plan.ts";
import { quoteValue } from "../text/show.ts";
import { areProblems, isPlan, type Problems } from "./validators.ts";

/** In bytes. A plan of 10,000 flags has 4 MB. */
export const maxArtifactBytes = 16_000_000;

/** Parses `plan.json`. Throws if `npm run plan` cannot have written it. */
export function parsePlan(text: string): Plan {
  return parse(text, "a plan", isPlan);
}

/** Parses `problems.json`. Throws if `npm run validate` cannot have written it. */
export function parseProblems(text: string): Problems {
  return parse(text, "problems", areProblems);
}

function parse<T>(text: string, what: string, isValid: ValidateFunction<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(
      `Cannot accept ${what}: it is not JSON (${quoteValue((error as Error).message)})`,
    );
  }
  if (isValid(value)) return value;
  const [error] = isValid.errors ?? [];
  const pointer = error?.instancePath.slice(0, 100) || "it";
  throw new Error(
    `Cannot accept ${what}: ${quoteValue(pointer)} ${error?.message ?? "is not valid"}`,
  );
}
