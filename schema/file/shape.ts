/**
 * Whether a source has the shape that `flag.schema.json` or `policy.schema.json` describes, and where
 * it has not.
 *
 * Ajv decides; the words are ours, because Ajv speaks of schemas and authors think of flags.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import flagSchema from "../flag.schema.json" with { type: "json" };
import type { Code } from "../problem/codes.ts";
import { positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import policySchema from "../project/policy.schema.json" with { type: "json" };
import { isDate } from "../text/date.ts";
import { quoteValue } from "../text/show.ts";
import { suggest } from "../text/suggest.ts";
import type { Source } from "./parse.ts";

// That the schema is one, a test says: asking again takes a quarter of the time of a short command.
const validateSchema = false;
const ajv = new Ajv2020({
  ...{ allErrors: true, verbose: true, validateSchema },
  formats: { date: isDate },
});

/** What a file is to be, and what must be in it. */
interface Subject {
  readonly what: string;
  readonly begins: string;
}

export const checkShape = checkOf(flagSchema, { what: "a flag", begins: "enabled: false" });
export const checkPolicyShape = checkOf(policySchema, {
  what: "the policy",
  begins: "protected: []",
});

function checkOf(schema: object, subject: Subject): (source: Source) => Finding[] {
  let meetsSchema: ValidateFunction | undefined;
  return (source) => {
    meetsSchema ??= ajv.compile(schema);
    if (meetsSchema(source.value)) return [];
    return (meetsSchema.errors ?? []).map((error) => finding(source, error, subject));
  };
}

interface Words {
  readonly code: Code;
  readonly message: string;
  readonly hint?: string | undefined;
}

function finding(source: Source, error: ErrorObject, subject: Subject): Finding {
  const { code, message, hint } = (words[error.keyword] ?? unforeseen)(error, subject);
  const { additionalProperty: extra, i: item } = error.params as Extra;
  const child = extra === undefined ? item : escapePointer(extra);
  const pointer = error.instancePath + (child === undefined ? "" : `/${child}`);
  const offsets = source.offsets.get(pointer);
  const at = positionAt(source.text, offsets?.[extra === undefined ? "value" : "key"] ?? 0);
  return { ...at, code, message, ...(hint === undefined ? {} : { hint }) };
}

/** What an error is about, where that is a part of the value it was found in. */
interface Extra {
  readonly additionalProperty?: string;
  readonly i?: number;
}

/** One entry for each keyword that the schemas use. */
const words: Readonly<Record<string, (error: ErrorObject, subject: Subject) => Words>> = {
  type({ instancePath, params, data }, { what, begins }) {
    if (instancePath === "") {
      const message = `Cannot read ${describe(data)} as ${what}: expected a mapping`;
      return { code: "not-a-mapping", message, hint: `begin with "${begins}"` };
    }
    const message = `Cannot read "${keyOf(instancePath)}" as ${quoteValue(data)}: it must be ${kinds[params.type] ?? params.type}`;
    return { code: "wrong-type", message, hint: hints[params.type]?.(data) };
  },

  required({ instancePath, params }, { what, begins }) {
    const where = instancePath === "" ? what : `"${keyOf(instancePath)}"`;
    const message = `Cannot read ${where} without "${params.missingProperty}"`;
    return { code: "missing-key", message, hint: `add "${begins}"` };
  },

  additionalProperties({ instancePath, params, parentSchema }) {
    const known = Object.keys((parentSchema as { properties: object }).properties);
    const key = params.additionalProperty;
    const near = suggest(key, known);
    const hint = near ? `did you mean "${near}"?` : `known here: ${known.join(", ")}`;
    if (instancePath !== "/environments") {
      return { code: "unknown-key", message: `Cannot read key ${quoteValue(key)}`, hint };
    }
    const message = `Cannot read environment ${quoteValue(key)}`;
    const root = `; application is "enabled" at the top`;
    return { code: "unknown-environment", message, hint: near ? hint : hint + root };
  },

  enum({ instancePath, params, data }) {
    const allowed: string[] = params.allowedValues;
    const isEnvironment = instancePath.startsWith("/protected/");
    const what = isEnvironment
      ? `environment ${quoteValue(data)}`
      : `"${keyOf(instancePath)}" as ${quoteValue(data)}`;
    const message = `Cannot read ${what}: it must be one of ${allowed.join(", ")}`;
    const near = typeof data === "string" ? suggest(data, allowed) : undefined;
    const hint = near && `did you mean "${near}"?`;
    return { code: isEnvironment ? "unknown-environment" : "unknown-value", message, hint };
  },

  uniqueItems({ instancePath, params, data }) {
    const message = `Cannot read environment ${quoteValue((data as unknown[])[params.i])} twice in "${keyOf(instancePath)}"`;
    const hint = "delete it, or name the environment that was meant";
    return { code: "duplicate-environment", message, hint };
  },

  maxLength({ instancePath, params, data }) {
    const message = `Cannot read "${keyOf(instancePath)}" with ${[...String(data)].length} characters: at most ${params.limit}`;
    return { code: "too-long", message, hint: "say it shorter; details belong in a comment" };
  },

  pattern({ instancePath, data }) {
    const message = `Cannot read "${keyOf(instancePath)}" as ${quoteValue(data)}: it must be a team's name in lower case`;
    return { code: "invalid-owner", message, hint: 'write it like "nutrition" or "growth-web"' };
  },

  format({ instancePath, data }) {
    const message = `Cannot read "${keyOf(instancePath)}" as ${quoteValue(data)}: it must be a day as YYYY-MM-DD`;
    return { code: "invalid-date", message, hint: 'write it like "2027-03-31"' };
  },
};

function unforeseen({ instancePath, keyword, message }: ErrorObject): Words {
  throw new Error(`Cannot explain "${keyword}" at "${instancePath}": ${message}`);
}

const kinds: Readonly<Record<string, string>> = {
  boolean: "true or false",
  string: "text",
  object: "a mapping",
  array: "a list",
};

const hints: Readonly<Record<string, (data: unknown) => string>> = {
  boolean: booleanHint,
  array: () => 'write "[]", or one line below it for each, with "- " before it',
};

function booleanHint(data: unknown): string {
  if (data === "true" || data === "false") return `write ${data} without quotes`;
  if (/^(yes|no|on|off|y|n)$/i.test(String(data))) {
    return "YAML 1.2 reads yes, no, on and off as text; write true or false";
  }
  return "write true or false";
}

function keyOf(instancePath: string): string {
  return instancePath.slice(1).replaceAll("/", ".");
}

function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function describe(value: unknown): string {
  if (value === null) return "an empty file";
  return Array.isArray(value) ? "a list" : `the value ${quoteValue(value)}`;
}
