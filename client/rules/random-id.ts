import type { Context } from "../../schema/evaluate/context.ts";
import { attempt } from "../core/attempt.ts";
import type { FlagStorage } from "../core/types.ts";

const key = "bunting-id";
/** The id if none is stored, the same for all clients of a page. */
let random: string | undefined;

interface IdOptions {
  readonly randomId?: boolean | undefined;
  readonly storage?: FlagStorage | null | undefined;
}

/**
 * The context, with a random id if it has none. The id of a browser is the same for all clients and
 * visits if it can be stored.
 */
export function withId(
  context: Context,
  { randomId, storage = attempt(() => localStorage) }: IdOptions,
): Context {
  if (context?.targetingKey || randomId === false) return context;
  random ??= String(Math.random()).slice(2);
  const id = attempt(() => storage?.getItem(key)) || random;
  attempt(() => storage?.setItem(key, id));
  return { ...context, targetingKey: id };
}
