import { booleans } from "../evaluate/evaluate.ts";
import { type DefinedFlag, type DefinedFlags, objectText, visibleFlags } from "./definitions.ts";

/**
 * The body of `openfeature.json`: the flag manifest of OpenFeature's CLI, schema v0, which generates
 * typed accessors. It has no rules, so it includes private flags. The default value is what an
 * accessor returns without an answer: `false`, or the first variant.
 */
export function compileOpenFeatureManifest(defined: DefinedFlags): string {
  const flags = visibleFlags(defined, true).map(
    (flag) => [flag.name, JSON.stringify(manifestEntryOf(flag))] as const,
  );
  return objectText([
    ["$schema", JSON.stringify(schema)],
    ["flags", objectText(flags)],
  ]);
}

const schema =
  "https://raw.githubusercontent.com/open-feature/cli/refs/heads/main/schema/v0/flag-manifest.json";

function manifestEntryOf({ description, definition }: DefinedFlag) {
  const variants = definition.variants ?? booleans;
  const values = variants.map(([, value]) => value);
  const [defaultValue] = values;
  return {
    flagType: typeOf(values),
    defaultValue,
    ...(description !== undefined && { description }),
  };
}

/** The manifest's name for the type of all variants: one decimal number makes a flag `float`. */
function typeOf(values: readonly unknown[]): string {
  const type = typeof values[0];
  if (type !== "number") return type;
  return values.every(Number.isInteger) ? "integer" : "float";
}
