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
  const { flags, environment: found } = Object(value);
  const definitions: unknown[] = Object.values(Object(flags));
  if (Object(flags) !== flags || !definitions.every((one) => "enabled" in Object(one))) {
    throw new Error(`Cannot read "${name}": expected {"flags":{…}} with "enabled" for each flag`);
  }
  if (environment && environment !== found) {
    throw new Error(
      `Cannot use "${name}": it is of the environment "${found}"; expected "${environment}"`,
    );
  }
  return value as Definitions;
}

function parseJson(text: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Throws if the nesting is too deep: definitions are compared as JSON later.
    JSON.stringify(value);
    return value;
  } catch (error) {
    throw new Error(`Cannot read "${name}" as JSON: ${(error as Error).message}`);
  }
}
