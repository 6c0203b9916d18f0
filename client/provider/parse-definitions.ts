import type { Definitions } from "../../schema/evaluate/definition.ts";

/**
 * Reads the text of `definitions.json`. The evaluator accepts any content of a definition.
 *
 * @throws An error that says what was found instead. `name` is the source.
 */
export function parseDefinitions(
  text: string,
  name: string,
  environment: string | undefined,
): Definitions {
  const value = parseJson(text, name);
  if (!isDefinitions(value)) {
    throw new Error(`Cannot read "${name}": expected {"flags":{…}} with "enabled" for each flag`);
  }
  const found = environmentOf(value);
  if (environment && environment !== found) {
    throw new Error(
      `Cannot use "${name}": it is of the environment "${found}"; expected "${environment}"`,
    );
  }
  return value;
}

function parseJson(text: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Throws if the nesting is too deep for what compares definitions later.
    JSON.stringify(value);
    return value;
  } catch (error) {
    throw new Error(`Cannot read "${name}" as JSON: ${(error as Error).message}`);
  }
}

function isDefinitions(value: unknown): value is Definitions {
  const { flags } = Object(value);
  const definitions: unknown[] = Object.values(Object(flags));
  return Object(flags) === flags && definitions.every((one) => "enabled" in Object(one));
}

function environmentOf(definitions: object): unknown {
  return "environment" in definitions ? definitions.environment : undefined;
}
