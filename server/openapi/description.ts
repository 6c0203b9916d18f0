import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import responses from "../../schema/responses.schema.json" with { type: "json" };
import { typeNames } from "../../schema/text/json.ts";
import { didYouMean, nearestOrAll } from "../../schema/text/suggest.ts";
import { escapePointer } from "../../schema/yaml/parse.ts";
import { type ErrorDetail, HttpError, maxErrors } from "../http/problem.ts";
import { openApiDocument } from "./openapi-document.ts";

interface Description {
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** The API's OpenAPI description as one document: references to other files are resolved. */
export const description = load();

function load(): Description {
  const text = JSON.stringify(openApiDocument).replaceAll(
    "./responses.schema.json#/$defs/",
    "#/components/schemas/",
  );
  const document = JSON.parse(text) as Description;
  const shared = JSON.stringify(responses.$defs).replaceAll("#/$defs/", "#/components/schemas/");
  const schemas = { ...(JSON.parse(shared) as object), ...document.components.schemas };
  return { ...document, components: { ...document.components, schemas } };
}

/** Maximum length of a client's key in a response, in characters. */
const maxKeyLength = 100;

/** Returns a function that checks a body. It throws `HttpError` 400. */
export function bodyReader<T>(validate: ValidateFunction): (body: unknown) => T {
  return (body) => {
    if (validate(body)) return body as T;
    const found = (validate.errors ?? []).slice(0, maxErrors);
    const errors = toErrorDetails(found).filter(isFirst);
    const messages = new Set(errors.map(({ message }) => message));
    throw new HttpError(400, `Cannot read the body: ${[...messages].join("; ")}`, { errors });
  };
}

/** If one key of several is needed, the error of each names them all. */
function toErrorDetails(errors: readonly ErrorObject[]): ErrorDetail[] {
  const isAlternative = ({ schemaPath }: ErrorObject) => /\/anyOf\/\d+\/required$/.test(schemaPath);
  const keys = errors.filter(isAlternative).map(({ params }) => `"${params.missingProperty}"`);
  const message = `one of ${keys.join(", ")} is needed`;
  return errors.map((error) => ({
    ...errorDetailOf(error),
    ...(isAlternative(error) && { message }),
  }));
}

function errorDetailOf(error: ErrorObject): ErrorDetail {
  const { keyword, instancePath, params, message = "" } = error;
  const extra: string | undefined = params.additionalProperty ?? params.missingProperty;
  const token = extra === undefined ? "" : `/${escapePointer(extra.slice(0, maxKeyLength))}`;
  const pointer = `#${instancePath}${token}`;
  const code =
    pointer === "#/name" && keyword === "pattern" ? "invalid-name" : (codes[keyword] ?? "invalid");
  const what = pointer === "#" ? "the body" : `"${pointer.slice(2)}"`;
  return {
    pointer,
    code,
    message: `${what} ${reasons[keyword]?.(error) ?? message}`,
  };
}

/** Removes the error of an `anyOf`, which repeats those of its parts. */
function isFirst(
  { pointer, code }: ErrorDetail,
  index: number,
  all: readonly ErrorDetail[],
): boolean {
  return (
    code !== "invalid" &&
    all.findIndex((one) => one.pointer === pointer && one.code === code) === index
  );
}

const codes: Readonly<Record<string, string>> = {
  type: "wrong-type",
  required: "missing-key",
  additionalProperties: "unknown-key",
  maxLength: "too-long",
  maxProperties: "too-many",
  minimum: "out-of-range",
  maximum: "out-of-range",
  pattern: "wrong-format",
  enum: "unknown-value",
};

const reasons: Readonly<Record<string, (error: ErrorObject) => string>> = {
  type({ params }) {
    const types: string[] = [params.type].flat();
    return `must be ${types.map((type) => jsonTypeNames[type] ?? type).join(" or ")}`;
  },
  required: () => "is missing",
  enum({ params, data }) {
    const allowed: string[] = params.allowedValues;
    const hint = typeof data === "string" ? didYouMean(data, allowed) : undefined;
    return `must be one of ${allowed.join(", ")}${hint === undefined ? "" : `; ${hint}`}`;
  },
  pattern: ({ instancePath, params }) => formats[instancePath] ?? `must match ${params.pattern}`,
  minimum: ({ params }) => `must be at least ${params.limit}`,
  maximum: ({ params }) => `must be at most ${params.limit}`,
  maxLength: ({ params }) => `must have at most ${params.limit} characters`,
  maxProperties: ({ params }) => `must have at most ${params.limit} keys`,
  additionalProperties({ params, parentSchema }) {
    const { properties } = parentSchema as { properties: object };
    return `is not known here: ${nearestOrAll(params.additionalProperty, Object.keys(properties))}`;
  },
};

/** The words for a body, which is JSON and not YAML. */
const jsonTypeNames: typeof typeNames = { ...typeNames, string: "a text", object: "an object" };

const formats: Readonly<Record<string, string>> = {
  "/name":
    "must consist of letters, digits, hyphens and underscores, and begin with a letter or digit",
  "/owner": 'must be a team\'s name in lower case, such as "nutrition" or "growth-web"',
  "/expires": "must be a day as YYYY-MM-DD",
  "/environment": "must be the name of an environment",
};
