import type { FlagTypes } from "../flags.ts";

/** The names of a flag's variants; any string if `bunting types` was not used. */
export type VariantName<Name> = Name extends keyof FlagTypes
  ? FlagTypes[Name] extends { variant: infer Variant extends string }
    ? Variant
    : string
  : string;

/** The type of a flag's values; any if `bunting types` was not used. */
export type FlagValue<Name> = Name extends keyof FlagTypes
  ? FlagTypes[Name] extends { value: infer Value }
    ? Value
    : unknown
  : unknown;
