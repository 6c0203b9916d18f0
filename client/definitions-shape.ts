import type { Definitions } from "../schema/evaluate/definition.ts";

/** Whether a body has the shape of `definitions.json`. The evaluator accepts everything else in it. */
export function isDefinitions(value: unknown): value is Definitions {
  const { flags } = Object(value);
  const definitions: unknown[] = Object.values(Object(flags));
  return Object(flags) === flags && definitions.every((one) => "enabled" in Object(one));
}

export function environmentOf(definitions: object): unknown {
  return "environment" in definitions ? definitions.environment : undefined;
}
