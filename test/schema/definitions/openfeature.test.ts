import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { compileOpenFeatureManifest } from "../../../schema/definitions/openfeature.ts";
import { definedFlag, definedFlags } from "./defined-flags.ts";

const rules = [{ name: "swedes", if: [["country", "in", ["SE"]]], rollout: 100 }] as const;
const flags = definedFlags([
  definedFlag("theme", {
    enabled: true,
    variants: [
      ["a", { size: 1 }],
      ["b", { size: 2 }],
    ],
  }),
  definedFlag("price", {
    enabled: true,
    variants: [
      ["a", 1],
      ["b", 1.5],
    ],
  }),
  definedFlag("limit", {
    enabled: true,
    variants: [
      ["low", 10],
      ["high", 20],
    ],
  }),
  definedFlag("colour", {
    enabled: true,
    variants: [
      ["green", "#0a7"],
      ["orange", "#d50"],
    ],
  }),
  definedFlag("checkout", { enabled: true, rules }, { private: true }),
  definedFlag("bare", { enabled: true }, { description: undefined }),
]);

test("compileOpenFeatureManifest() names type, default value and description of each flag, sorted", () => {
  const manifest = JSON.parse(compileOpenFeatureManifest(flags));
  expect(Object.entries(manifest.flags)).toEqual([
    ["bare", { flagType: "boolean", defaultValue: false }],
    ["checkout", { flagType: "boolean", defaultValue: false, description: "Describes checkout" }],
    ["colour", { flagType: "string", defaultValue: "#0a7", description: "Describes colour" }],
    ["limit", { flagType: "integer", defaultValue: 10, description: "Describes limit" }],
    ["price", { flagType: "float", defaultValue: 1, description: "Describes price" }],
    ["theme", { flagType: "object", defaultValue: { size: 1 }, description: "Describes theme" }],
  ]);
});

/** OpenFeature's schema v0 of a manifest. */
const schema = {
  type: "object",
  required: ["flags"],
  properties: {
    flags: {
      type: "object",
      propertyNames: { minLength: 1 },
      additionalProperties: {
        type: "object",
        required: ["flagType", "defaultValue"],
        properties: { description: { type: "string" } },
        oneOf: ["boolean", "string", "integer", "float", "object"].map((flagType) => ({
          properties: {
            flagType: { const: flagType },
            defaultValue: { type: flagType === "float" ? "number" : flagType },
          },
        })),
      },
    },
  },
};

test("compileOpenFeatureManifest() is valid by the manifest's schema", () => {
  const validate = new Ajv({ strict: false }).compile(schema);
  expect(
    validate(JSON.parse(compileOpenFeatureManifest(flags))),
    JSON.stringify(validate.errors),
  ).toBe(true);
  expect(validate({ flags: { a: { flagType: "boolean", defaultValue: 1 } } })).toBe(false);
});

test("compileOpenFeatureManifest() gives the same bytes in any order", () => {
  const reversed = definedFlags(flags.flags.toReversed());
  expect(compileOpenFeatureManifest(reversed)).toBe(compileOpenFeatureManifest(flags));
});
