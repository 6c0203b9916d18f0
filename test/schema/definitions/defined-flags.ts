/** Flags of one environment for the tests of the outputs. */
import type { DefinedFlag, DefinedFlags } from "../../../schema/definitions/definitions.ts";
import type { Definition } from "../../../schema/evaluate/definition.ts";

export function definedFlag(
  name: string,
  definition: Definition,
  more: Partial<DefinedFlag> = {},
): DefinedFlag {
  return {
    name,
    description: `Describes ${name}`,
    owner: "team",
    private: false,
    definition,
    ...more,
  };
}

export function definedFlags(
  flags: readonly DefinedFlag[],
  audiences: DefinedFlags["audiences"] = new Map(),
): DefinedFlags {
  return { environment: "production", flags, audiences };
}

export const audiences: DefinedFlags["audiences"] = new Map([
  ["staff", [["email_domain", "in", ["clinic.example"]]]],
  ["nordic", [["country", "in", ["SE", "DK", "NO"]]]],
  ["unused", [["country", "in", ["FI"]]]],
]);
