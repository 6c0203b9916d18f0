/** The body of an OFREP request: `{"context":{"targetingKey":"user-1","country":"SE"}}`. */
import type { Context } from "../../../schema/evaluate/context.ts";
import { isMapping } from "../../../schema/text/json.ts";
import { HttpError } from "../../http/problem.ts";
import { InvalidContextError } from "./errors.ts";

/** Maximum number of values of a context, nested ones included. */
const maxValues = 1_000;
/** Rules use only the attributes at level 1; deeper ones are accepted because clients share contexts. */
const maxLevels = 8;

/** The context of a body that is valid JSON. Throws `HttpError` 400. */
export function contextOf(body: unknown): Context {
  if (!isMapping(body)) throw new HttpError(400, "Cannot read the body: it must be an object");
  const context = body.context;
  if (context === undefined) return {};
  const error = findContextError(context);
  if (error === undefined) return context as Context;
  throw new InvalidContextError(`Cannot read the context: ${error}`);
}

function findContextError(context: unknown): string | undefined {
  if (!isMapping(context)) return "it must be an object";
  const { targetingKey } = context;
  if (targetingKey !== undefined && typeof targetingKey !== "string") {
    return '"targetingKey" must be text';
  }
  const count = countValues(context, maxLevels);
  if (count === undefined) return `it is nested deeper than ${maxLevels} levels`;
  return count > maxValues
    ? `it has ${count} values, and at most ${maxValues} are read`
    : undefined;
}

/** How many values are inside a value; `undefined` if it has more levels than `levels`. */
function countValues(value: unknown, levels: number): number | undefined {
  if (typeof value !== "object" || value === null) return 0;
  if (levels === 0) return undefined;
  let count = 0;
  for (const inner of Object.values(value)) {
    const more = countValues(inner, levels - 1);
    if (more === undefined) return undefined;
    count += 1 + more;
  }
  return count;
}
