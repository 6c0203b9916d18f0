import type { Variant } from "../../schema/evaluate/definition.ts";
import { booleans } from "../../schema/evaluate/evaluate.ts";
import type { Flag } from "../../schema/flag/flag.ts";
import { generatedMarker } from "../../store/files/generated-marker.ts";

/**
 * A TypeScript module with the names, variants and types of flags. Depends on nothing else, so that it
 * changes when they do. The flags are sorted by name.
 */
export function formatFlagTypes(flags: readonly Pick<Flag, "name" | "decisions">[]): string {
  const typed = flags.map(({ name, decisions }) => {
    // The variants are the same in all environments.
    const [decision] = Object.values(decisions);
    return typeFlag(name, decision?.variants ?? booleans);
  });
  const entries = typed.map(({ quoted, variants, value }) => {
    return `\n    ${quoted}: { variant: ${union(variants)}; value: ${value} };`;
  });
  const keys = keyTypes.map(({ name, kind }) => {
    const own = typed.filter((flag) => flag.kind === kind).map(({ quoted }) => quoted);
    return `  // @ts-ignore\n  export type ${name} =${lines(own, "    ")};\n`;
  });
  return `${generatedMarker}

/** The names of all flags. */
export type FlagName =${lines(
    typed.map(({ quoted }) => quoted),
    "  ",
  )};

// With this, createFlags(), useFlag() and useVariant() accept these names and variants only.
declare module "bunting/client" {
  interface FlagTypes {${entries.join("")}
  }
}

// With this, OpenFeature's clients and hooks accept only the names of flags that have the type. Each
// "ignore" is for an error: the module may be missing, and its own types have the same names.
// @ts-ignore
declare module "@openfeature/core" {
${keys.join("")}}
`;
}

/** OpenFeature's types for the keys of flags. */
const keyTypes = [
  { name: "BooleanFlagKey", kind: "boolean" },
  { name: "StringFlagKey", kind: "string" },
  { name: "NumberFlagKey", kind: "number" },
  { name: "ObjectFlagKey", kind: "object" },
] as const;

function typeFlag(name: string, variants: readonly Variant[]) {
  return {
    quoted: JSON.stringify(name),
    kind: typeof variants[0]?.[1],
    variants: variants.map(([variant]) => JSON.stringify(variant)),
    value: union(variants.map(([, value]) => typeOf(value))),
  };
}

/** The type of a JSON value: the flag may return another value of this type later. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `(${union(value.map(typeOf))})[]`;
  if (typeof value !== "object") return typeof value;
  const fields = Object.entries(value).map(
    ([key, field]) => `${JSON.stringify(key)}: ${typeOf(field)}`,
  );
  return fields.length === 0 ? "{}" : `{ ${fields.join("; ")} }`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ") || "never";
}

/** A union with one type a line. */
function lines(types: readonly string[], indent: string): string {
  return types.length === 0 ? " never" : types.map((type) => `\n${indent}| ${type}`).join("");
}
