/** The messages for each keyword of the JSON Schemas. */
import type { ErrorObject } from "ajv/dist/2020.js";
import type { Code } from "../problem/codes.ts";
import { projectFormat } from "../project/project.ts";
import { typeNames } from "../text/json.ts";
import { quoteValue } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";

/** The kind of a file, and its smallest content. */
export interface CheckedFile {
  readonly what: string;
  readonly firstLine: string;
}

interface SchemaMessage {
  readonly code: Code;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Throws if the schemas use a keyword that has no message. */
export function messageFor(error: ErrorObject, subject: CheckedFile): SchemaMessage {
  const { instancePath, keyword, message } = error;
  const explain = messages[keyword];
  if (explain) return explain(error, subject);
  throw new Error(`Cannot explain "${keyword}" at "${instancePath}": ${message}`);
}

type Explain = (error: ErrorObject, subject: CheckedFile) => SchemaMessage;

const messages: Readonly<Record<string, Explain>> = {
  type(error, { what, firstLine }) {
    const { instancePath, params, data } = error;
    if (instancePath === "") {
      const message = `Cannot read ${describeValue(data)} as ${what}: expected a mapping`;
      return { code: "not-a-mapping", message, hint: `begin with "${firstLine}"` };
    }
    const message = mustBe(error, typeNames[params.type] ?? params.type);
    return { code: "wrong-type", message, hint: hints[params.type]?.(data, instancePath) };
  },

  required({ instancePath, params: { missingProperty } }, { what, firstLine }) {
    const where = instancePath === "" ? what : `"${keyOf(instancePath)}"`;
    const isFirst = instancePath === "" || firstLine.startsWith(`${missingProperty}:`);
    const hint = `add "${isFirst ? firstLine : `${missingProperty}: …`}"`;
    const message = `Cannot read ${where} without "${missingProperty}"`;
    return { code: "missing-key", message, hint };
  },

  additionalProperties({ instancePath, params, parentSchema }, { what }) {
    const known = Object.keys((parentSchema as { properties: object }).properties);
    const key = params.additionalProperty;
    const isName = what === "a flag" && instancePath === "" && ["name", "key", "id"].includes(key);
    const hint = isName
      ? "delete the line: the name of the file is the name of the flag"
      : (didYouMean(key, known) ?? `known here: ${known.join(", ")}`);
    return { code: "unknown-key", message: `Cannot read key ${quoteValue(key)}`, hint };
  },

  enum(error) {
    const allowed: string[] = error.params.allowedValues;
    const hint = typeof error.data === "string" ? didYouMean(error.data, allowed) : undefined;
    const message = mustBe(error, `one of ${allowed.join(", ")}`);
    return { code: "unknown-value", message, hint };
  },

  uniqueItems({ instancePath, params, data }) {
    const item = quoteValue((data as unknown[])[params.i]);
    if (instancePath === "/requires") {
      const message = `Cannot read the flag ${item} twice in "requires"`;
      return { code: "duplicate-required-flag", message, hint: "delete one of the two" };
    }
    const message = `Cannot read environment ${item} twice in "${keyOf(instancePath)}"`;
    const hint = "delete it, or name the environment that was meant";
    return { code: "duplicate-environment", message, hint };
  },

  minItems({ instancePath }) {
    const isTests = instancePath === "/tests";
    const wanted = isTests ? "it must have a test" : "it must name an environment";
    const message = `Cannot read "${keyOf(instancePath)}" as an empty list: ${wanted}`;
    const hint = isTests
      ? 'write "- expect: true" below it'
      : "name one, or delete the key for the default";
    return { code: "out-of-range", message, hint };
  },

  maxItems(error) {
    const { instancePath, params, data } = error;
    if (!instancePath.endsWith("/schedule")) return tooMany(error, "items");
    const message = `Cannot use a schedule of ${(data as unknown[]).length} steps: at most ${params.limit}`;
    return { code: "schedule-too-long", message, hint: "add the later steps when these are done" };
  },

  maxProperties: (error) => tooMany(error, "keys"),
  minimum: (error) => outOfRange(error, "at least"),
  maximum: (error) => outOfRange(error, "at most"),

  minLength({ instancePath }) {
    const message = `Cannot read "${keyOf(instancePath)}" as an empty text`;
    return { code: "out-of-range", message };
  },

  maxLength({ instancePath, params, data }) {
    const message = `Cannot read "${keyOf(instancePath)}" with ${[...String(data)].length} characters: at most ${params.limit}`;
    return { code: "too-long", message, hint: "say it shorter; details belong in a comment" };
  },

  pattern(error) {
    const { instancePath, propertyName, data } = error;
    if (instancePath === "/owner") {
      const message = mustBe(error, "a team's name in lower case");
      return { code: "invalid-owner", message, hint: 'write it like "nutrition" or "growth-web"' };
    }
    if (instancePath.startsWith("/limits/")) {
      const message = mustBe(error, "a percentage from 0% to 100%");
      return { code: "out-of-range", message, hint: 'write it like "20%"' };
    }
    if (propertyName !== undefined) {
      const message = `Cannot use ${quoteValue(propertyName)} as an attribute's name: it must have ASCII letters, digits and underscores, and begin with a letter`;
      return { code: "invalid-attribute", message, hint: 'write it like "app_version"' };
    }
    const message = `Cannot use ${quoteValue(data)} as an environment's name: it must have lower-case letters, digits, and single hyphens or underscores`;
    return { code: "invalid-environment", message, hint: 'write it like "production" or "eu-1"' };
  },

  format(error) {
    if (error.params.format === "date-time") {
      const message = mustBe(error, "a time in UTC, to the second");
      return { code: "invalid-time", message, hint: 'write it like "2026-12-01T08:00:00Z"' };
    }
    const message = mustBe(error, "a day as YYYY-MM-DD");
    return { code: "invalid-date", message, hint: 'write it like "2027-03-31"' };
  },
};

function mustBe({ instancePath, data }: ErrorObject, wanted: string): string {
  return `Cannot read "${keyOf(instancePath)}" as ${quoteValue(data)}: it must be ${wanted}`;
}

function tooMany({ instancePath, params }: ErrorObject, what: "items" | "keys"): SchemaMessage {
  const message = `Cannot read "${keyOf(instancePath)}" with more than ${params.limit} ${what}`;
  return { code: "out-of-range", message, hint: "delete those that nobody uses" };
}

function outOfRange(error: ErrorObject, side: "at least" | "at most"): SchemaMessage {
  const { instancePath, params, data } = error;
  if (instancePath !== "/format")
    return { code: "out-of-range", message: mustBe(error, `${side} ${params.limit}`) };
  const message = `Cannot read format ${quoteValue(data)}: this version of bunting reads format ${projectFormat}`;
  const hint =
    Number(data) > projectFormat
      ? "install the version of bunting that wrote it, or a newer one"
      : "run: bunting migrate";
  return { code: "unknown-format", message, hint };
}

const hints: Readonly<Record<string, (data: unknown, path: string) => string | undefined>> = {
  boolean: booleanHint,
  number: numberHint,
  object: objectHint,
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

function numberHint(data: unknown): string | undefined {
  const [, number] = /^ *(\d+(?:\.\d+)?) *%? *$/.exec(String(data)) ?? [];
  return number && `write ${number}`;
}

function objectHint(data: unknown, path: string): string | undefined {
  if (path === "/variants") return 'write "NAME: VALUE" below it for each, indented';
  const isSwitch = typeof data === "boolean" && /^\/environments\/[^/]+$/.test(path);
  return isSwitch ? `write "enabled: ${data}" below it, indented` : undefined;
}

function keyOf(instancePath: string): string {
  return instancePath.slice(1).replaceAll("/", ".");
}

function describeValue(value: unknown): string {
  if (value === null) return "an empty file";
  return Array.isArray(value) ? "a list" : `the value ${quoteValue(value)}`;
}
