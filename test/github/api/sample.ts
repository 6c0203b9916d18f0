import { isRecord, resolve, type Schema } from "./description.ts";

/**
 * `known`, with the simplest valid value for every other required field of the schema: GitHub's objects
 * have many required fields that these tests do not use.
 */
export function sample(schema: Schema, known: unknown): unknown {
  const real = resolve(schema);
  const choices = (real.anyOf ?? real.oneOf) as Schema[] | undefined;
  if (choices) {
    const isNull = known === null || known === undefined;
    const hasNull = choices.some(({ type }) => type === "null");
    if (isNull && hasNull) return null;
    const choice = choices.find((one) => fits(resolve(one), known)) ?? choices[0] ?? {};
    return sample(choice, known);
  }
  if (Array.isArray(real.allOf)) {
    return (real.allOf as Schema[]).reduce((value, part) => sample(part, value), known);
  }
  if (isRecord(real.properties) && (known === undefined || isRecord(known))) {
    return sampleObject(real, known ?? {});
  }
  if (Array.isArray(known) && isRecord(real.items)) {
    return known.map((item) => sample(real.items as Schema, item));
  }
  return known === undefined ? simplestValue(real) : known;
}

function sampleObject(schema: Schema, known: Record<string, unknown>): Record<string, unknown> {
  const properties = schema.properties as Record<string, Schema>;
  const required = (schema.required ?? []) as string[];
  const value: Record<string, unknown> = { ...known };
  for (const name of new Set([...required, ...Object.keys(known)])) {
    const property = properties[name];
    if (property) value[name] = sample(property, known[name]);
  }
  return value;
}

function simplestValue({ type, format, enum: values }: Schema): unknown {
  if (Array.isArray(values)) return values[0];
  if (type === "object") return {};
  if (type === "array") return [];
  if (type === "integer" || type === "number") return 0;
  if (type === "boolean") return false;
  if (format === "date-time") return "2024-08-31T12:00:00Z";
  if (format === "uri") return "https://github.example/";
  if (format === "email") return "octocat@github.example";
  return "";
}

function fits({ type, properties, enum: values }: Schema, value: unknown): boolean {
  if (value === undefined) return type !== "null";
  if (value === null) return type === "null";
  if (Array.isArray(values)) return values.includes(value);
  if (isRecord(value)) return type === "object" || properties !== undefined;
  if (Array.isArray(value)) return type === "array";
  if (typeof value === "number") return type === "integer" || type === "number";
  return type === typeof value;
}
