/** The messages for each keyword of the JSON Schemas. */
import type { ErrorObject } from "ajv/dist/2020.js";
import type { Code } from "../problem/codes.ts";
import { projectFormat } from "../project/project.ts";
import { quoteValue } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";

/** The kind of a file, and its smallest content. */
export interface Subject {
  readonly what: string;
  readonly firstLine: string;
}

export interface SchemaMessage {
  readonly code: Code;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Throws if the schemas use a keyword that has no message. */
export function messageFor(error: ErrorObject, subject: Subject): SchemaMessage {
  return (messages[error.keyword] ?? unforeseen)(error, subject);
}

const messages: Readonly<Record<string, (error: ErrorObject, subject: Subject) => SchemaMessage>> =
  {
    type({ instancePath, params, data }, { what, firstLine }) {
      if (instancePath === "") {
        const message = `Cannot read ${describe(data)} as ${what}: expected a mapping`;
        return { code: "not-a-mapping", message, hint: `begin with "${firstLine}"` };
      }
      const message = `Cannot read "${keyOf(instancePath)}" as ${quoteValue(data)}: it must be ${kinds[params.type] ?? params.type}`;
      return { code: "wrong-type", message, hint: hints[params.type]?.(data) };
    },

    required({ instancePath, params }, { what, firstLine }) {
      const where = instancePath === "" ? what : `"${keyOf(instancePath)}"`;
      const message = `Cannot read ${where} without "${params.missingProperty}"`;
      const { missingProperty } = params;
      const isFirst = instancePath === "" || firstLine.startsWith(`${missingProperty}:`);
      const line = isFirst ? firstLine : `${missingProperty}: …`;
      return { code: "missing-key", message, hint: `add "${line}"` };
    },

    additionalProperties({ instancePath, params, parentSchema }, { what }) {
      const known = Object.keys((parentSchema as { properties: object }).properties);
      const key = params.additionalProperty;
      if (what === "a flag" && instancePath === "" && ["name", "key", "id"].includes(key)) {
        const hint = "delete the line: the name of the file is the name of the flag";
        return { code: "unknown-key", message: `Cannot read key ${quoteValue(key)}`, hint };
      }
      const hint = didYouMean(key, known) ?? `known here: ${known.join(", ")}`;
      return { code: "unknown-key", message: `Cannot read key ${quoteValue(key)}`, hint };
    },

    enum({ instancePath, params, data }) {
      const allowed: string[] = params.allowedValues;
      const message = `Cannot read "${keyOf(instancePath)}" as ${quoteValue(data)}: it must be one of ${allowed.join(", ")}`;
      const hint = typeof data === "string" ? didYouMean(data, allowed) : undefined;
      return { code: "unknown-value", message, hint };
    },

    uniqueItems({ instancePath, params, data }) {
      if (instancePath === "/requires") {
        const flag = quoteValue((data as unknown[])[params.i]);
        const message = `Cannot read the flag ${flag} twice in "requires"`;
        return { code: "duplicate-required-flag", message, hint: "delete one of the two" };
      }
      const message = `Cannot read environment ${quoteValue((data as unknown[])[params.i])} twice in "${keyOf(instancePath)}"`;
      const hint = "delete it, or name the environment that was meant";
      return { code: "duplicate-environment", message, hint };
    },

    minItems({ instancePath }) {
      if (instancePath === "/tests") {
        const message = `Cannot read "tests" as an empty list: it must have a test`;
        return { code: "out-of-range", message, hint: 'write "- expect: true" below it' };
      }
      const message = `Cannot read "${keyOf(instancePath)}" as an empty list: it must name an environment`;
      return { code: "out-of-range", message, hint: "name one, or delete the key for the default" };
    },

    maxItems({ instancePath, params, data }) {
      if (instancePath.endsWith("/schedule")) {
        const message = `Cannot use a schedule of ${(data as unknown[]).length} steps: at most ${params.limit}`;
        return {
          code: "schedule-too-long",
          message,
          hint: "add the later steps when these are done",
        };
      }
      const message = `Cannot read "${keyOf(instancePath)}" with more than ${params.limit} items`;
      return { code: "out-of-range", message, hint: "delete those that nobody uses" };
    },

    maxProperties({ instancePath, params }) {
      const message = `Cannot read "${keyOf(instancePath)}" with more than ${params.limit} keys`;
      return { code: "out-of-range", message, hint: "delete those that nobody uses" };
    },

    minimum({ instancePath, params, data }) {
      if (instancePath === "/format") return unknownFormat(data);
      const message = `Cannot read "${keyOf(instancePath)}" as ${quoteValue(data)}: it must be at least ${params.limit}`;
      return { code: "out-of-range", message };
    },

    maximum({ instancePath, params, data }) {
      if (instancePath === "/format") return unknownFormat(data);
      const message = `Cannot read "${keyOf(instancePath)}" as ${quoteValue(data)}: it must be at most ${params.limit}`;
      return { code: "out-of-range", message };
    },

    minLength({ instancePath }) {
      return {
        code: "out-of-range",
        message: `Cannot read "${keyOf(instancePath)}" as an empty text`,
      };
    },

    maxLength({ instancePath, params, data }) {
      const message = `Cannot read "${keyOf(instancePath)}" with ${[...String(data)].length} characters: at most ${params.limit}`;
      return { code: "too-long", message, hint: "say it shorter; details belong in a comment" };
    },

    pattern({ instancePath, propertyName, data }) {
      const value = quoteValue(propertyName ?? data);
      if (instancePath === "/owner") {
        const message = `Cannot read "owner" as ${value}: it must be a team's name in lower case`;
        return {
          code: "invalid-owner",
          message,
          hint: 'write it like "nutrition" or "growth-web"',
        };
      }
      if (instancePath.startsWith("/limits/")) {
        const message = `Cannot read "${keyOf(instancePath)}" as ${value}: it must be a percentage from 0% to 100%`;
        return { code: "out-of-range", message, hint: 'write it like "20%"' };
      }
      if (propertyName !== undefined) {
        const message = `Cannot use ${value} as an attribute's name: it must have ASCII letters, digits and underscores, and begin with a letter`;
        return { code: "invalid-attribute", message, hint: 'write it like "app_version"' };
      }
      const message = `Cannot use ${value} as an environment's name: it must have lower-case letters, digits, and single hyphens or underscores`;
      return { code: "invalid-environment", message, hint: 'write it like "production" or "eu-1"' };
    },

    format({ instancePath, params, data }) {
      if (params.format === "date-time") {
        const message = `Cannot read "${keyOf(instancePath)}" as ${quoteValue(data)}: it must be a time in UTC, to the second`;
        return { code: "invalid-time", message, hint: 'write it like "2026-12-01T08:00:00Z"' };
      }
      const message = `Cannot read "${keyOf(instancePath)}" as ${quoteValue(data)}: it must be a day as YYYY-MM-DD`;
      return { code: "invalid-date", message, hint: 'write it like "2027-03-31"' };
    },
  };

function unknownFormat(data: unknown): SchemaMessage {
  const message = `Cannot read format ${quoteValue(data)}: this version of bunting reads format ${projectFormat}`;
  const hint =
    Number(data) > projectFormat
      ? "install the version of bunting that wrote it, or a newer one"
      : "run: bunting migrate";
  return { code: "unknown-format", message, hint };
}

function unforeseen({ instancePath, keyword, message }: ErrorObject): SchemaMessage {
  throw new Error(`Cannot explain "${keyword}" at "${instancePath}": ${message}`);
}

const kinds: Readonly<Record<string, string>> = {
  boolean: "true or false",
  string: "text",
  integer: "a whole number",
  number: "a number",
  object: "a mapping",
  array: "a list",
};

const hints: Readonly<Record<string, (data: unknown) => string>> = {
  boolean: booleanHint,
  string: () => "put it in quotes",
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

function describe(value: unknown): string {
  if (value === null) return "an empty file";
  return Array.isArray(value) ? "a list" : `the value ${quoteValue(value)}`;
}
