/** Checks requests and responses against GitHub's own description of its API. */
import { readFileSync } from "node:fs";
import { Ajv, type ErrorObject } from "ajv";
import { fixture } from "./fixture.ts";
import type { OperationId } from "./operations.ts";

export interface Call {
  readonly operation: Operation;
  /** Decoded. */
  readonly params: Readonly<Record<string, string>>;
}

export interface Operation {
  readonly id: OperationId;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** JSON pointer of the body's schema in the description; missing if there is no body. */
  readonly body: string | undefined;
  /** JSON pointers of the responses' schemas by status; `undefined` if a response has no body. */
  readonly answers: ReadonlyMap<number, string | undefined>;
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required?: boolean;
  readonly schema: Schema;
}

export type Schema = Readonly<Record<string, unknown>>;

const description = withNulls(JSON.parse(readFileSync(fixture, "utf8")), false) as Schema;
const ajv = new Ajv({ strict: false, allErrors: true, logger: false, formats: knownFormats() });
ajv.addSchema(description, "github");

const all = Object.entries(description.paths as Record<string, Record<string, Schema>>).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...describe(path, method, operation),
      // A ref or a file has slashes, which GitHub accepts without escapes.
      pattern: new RegExp(
        `^${path.replace(/\{(\w+)\}/g, (_, name) => (/^(ref|path|branch)$/.test(name) ? `(?<${name}>.+)` : `(?<${name}>[^/]+)`))}$`,
      ),
    })),
);

/** The operation of a request; `undefined` if the description has none. */
export function findCall(method: string, path: string): Call | undefined {
  for (const operation of all) {
    const match = operation.method === method ? operation.pattern.exec(path) : null;
    if (!match) continue;
    const decoded = Object.entries(match.groups ?? {}).map(([name, text]) => [
      name,
      decodeURIComponent(text),
    ]);
    return { operation, params: Object.fromEntries(decoded) };
  }
  return undefined;
}

/** The errors of a request, as text. */
export function checkRequest(
  { operation, params }: Call,
  query: URLSearchParams,
  body: unknown,
): string[] {
  const problems = operation.parameters.flatMap(({ name, in: location, required, schema }) => {
    const text = location === "path" ? params[name] : (query.get(name) ?? undefined);
    if (text === undefined) return required ? [`${location} "${name}" is missing`] : [];
    return check(schema, coerce(text, schema), `${location} "${name}"`);
  });
  const known = new Set(operation.parameters.map(({ name }) => name));
  for (const name of query.keys())
    if (!known.has(name)) problems.push(`query "${name}" is unknown`);
  if (operation.body === undefined) {
    return body === undefined ? problems : [...problems, "a body is not taken"];
  }
  const schema = at(operation.body);
  const unknown = Object.keys(isRecord(body) && isRecord(schema.properties) ? body : {}).filter(
    (name) => !Object.hasOwn(schema.properties as object, name),
  );
  problems.push(...unknown.map((name) => `body has "${name}", which is unknown`));
  return [...problems, ...checkAt(operation.body, body ?? {}, "body")];
}

/** The errors of a response, as text. */
export function checkAnswer(operation: Operation, status: number, body: unknown): string[] {
  const schema = operation.answers.get(status);
  if (schema !== undefined) return checkAt(schema, body, `answer ${status}`);
  if (operation.answers.has(status)) return [];
  // Statuses that any operation may have, although the description does not list them everywhere.
  if (![401, 403, 404, 409, 422, 429].includes(status) && status < 500)
    return [`answer ${status} is unknown`];
  return checkAt("/components/schemas/basic-error", body, `answer ${status}`);
}

/** The schema at a JSON pointer in the description, with references followed. */
export function at(pointer: string): Schema {
  let node: unknown = description;
  for (const step of pointer.split("/").slice(1)) {
    node = (node as Schema)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return resolve(node as Schema);
}

export function resolve(schema: Schema): Schema {
  return typeof schema.$ref === "string" ? at(schema.$ref.slice(1)) : schema;
}

function describe(path: string, method: string, operation: Schema): Operation {
  const { operationId, parameters, requestBody, responses } = operation as {
    operationId: OperationId;
    parameters: Schema[];
    requestBody?: Schema;
    responses: Record<string, Schema>;
  };
  const here = `/paths/${path.replaceAll("/", "~1")}/${method}`;
  return {
    id: operationId,
    method: method.toUpperCase(),
    path,
    parameters: parameters.map((parameter) => resolve(parameter) as unknown as Parameter),
    body: requestBody ? schemaIn(`${here}/requestBody`, requestBody) : undefined,
    answers: new Map(
      Object.entries(responses).map(([status, response]) => [
        Number(status),
        schemaIn(`${here}/responses/${status}`, response),
      ]),
    ),
  };
}

/** Where the JSON schema of a body is. */
function schemaIn(here: string, node: Schema): string | undefined {
  const pointer = typeof node.$ref === "string" ? node.$ref.slice(1) : here;
  const content = resolve(node).content as Record<string, Schema> | undefined;
  return content?.["application/json"] ? `${pointer}/content/application~1json/schema` : undefined;
}

function checkAt(pointer: string, value: unknown, what: string): string[] {
  return check({ $ref: `github#${encodeURI(pointer)}` }, value, what);
}

function check(schema: Schema, value: unknown, what: string): string[] {
  const validate = ajv.compile(absolute(schema));
  return validate(value)
    ? []
    : (validate.errors ?? []).map((error) => `${what} ${describeError(error)}`);
}

const absolutes = new WeakMap<Schema, Schema>();
const references = new Map<string, Schema>();

/** The same object for the same schema, so that it is compiled once. */
function absolute(schema: Schema): Schema {
  if (typeof schema.$ref === "string") {
    const known = references.get(schema.$ref) ?? { $ref: schema.$ref.replace(/^#/, "github#") };
    references.set(schema.$ref, known);
    return known;
  }
  const known = absolutes.get(schema) ?? schema;
  absolutes.set(schema, known);
  return known;
}

function describeError({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath || "/"} ${message} ${JSON.stringify(params)}`;
}

/** Converts `nullable` of OpenAPI 3.0 to the type `null` of JSON Schema. */
function withNulls(node: unknown, areNames: boolean): unknown {
  if (Array.isArray(node)) return node.map((item) => withNulls(item, false));
  if (!isRecord(node)) return node;
  const { nullable, discriminator: _, ...rest } = node;
  const kept = areNames ? node : rest;
  const entries = Object.entries(kept).map(([key, value]) => [
    key,
    withNulls(value, !areNames && key === "properties"),
  ]);
  const schema = Object.fromEntries(entries);
  return nullable === true && !areNames ? { anyOf: [schema, { type: "null" }] } : schema;
}

function coerce(text: string, schema: Schema): unknown {
  if (schema.type === "integer" && /^\d+$/.test(text)) return Number(text);
  if (schema.type === "boolean" && /^(true|false)$/.test(text)) return text === "true";
  return text;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function knownFormats() {
  return {
    "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
    uri: (text: string) => URL.canParse(text),
    email: /@/,
    "repo.nwo": /^[\w.-]+\/[\w.-]+$/,
    int64: true,
  } as const;
}
