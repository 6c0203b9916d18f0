/** Checks every response that a test gets against the API's OpenAPI description. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { description as document } from "../../../server/openapi/description.ts";

export interface Exchange {
  readonly method: string;
  /** As it was sent, the query included. */
  readonly path: string;
  /** Missing if none was sent; `null` is a body. */
  readonly sent?: unknown;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface Media {
  readonly schema?: object;
  readonly examples?: Readonly<Record<string, { readonly value: Problem }>>;
}

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly instance?: string;
}

interface Header {
  readonly required?: boolean;
  readonly schema: { readonly type?: string };
}

interface Outcome {
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Operation {
  readonly operationId: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

export interface DescribedOperation {
  /** In upper case. */
  readonly method: string;
  /** As in the description: `/v1/feature-flags/{flag_name}`. */
  readonly template: string;
  readonly operation: Operation;
}

const methods = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];

const paths = (document as unknown as { paths: Record<string, Record<string, Operation>> }).paths;

export const operations: readonly DescribedOperation[] = Object.entries(paths).flatMap(
  ([template, item]) =>
    Object.entries(item)
      .filter(([method]) => methods.includes(method))
      .map(([method, operation]) => ({ method: method.toUpperCase(), template, operation })),
);

/** Headers with a meaning of their own. Each must be described for the response that has it. */
const speaking = [
  "allow",
  "bunting-commit",
  "etag",
  "last-modified",
  "location",
  "ratelimit",
  "ratelimit-policy",
  "retry-after",
  "vary",
  "www-authenticate",
  "x-request-id",
];

/** The errors of a response by the description. */
export function findMismatches(exchange: Exchange): string[] {
  if (isPreflight(exchange)) return [];
  const found = find(exchange);
  if (!found) return undescribed(exchange);
  const { pointer, outcome } = found;
  return [
    ...headerMisfits(exchange, pointer, outcome),
    ...bodyMisfits(exchange, pointer, outcome),
  ].concat(requestMisfits(exchange));
}

/** Preflight requests belong to CORS, not to the API. */
function isPreflight({ method, status }: Exchange): boolean {
  return method === "OPTIONS" && status === 204;
}

/** The described outcome for an answer. A method that a path lacks is described at its other methods. */
function find(exchange: Exchange): { pointer: string; outcome: Outcome } | undefined {
  const candidates = operations.filter(({ template }) => fits(template, exchange.path));
  const own = candidates.filter(({ method }) => method === exchange.method);
  for (const { template, method, operation } of own.length > 0 ? own : candidates) {
    if (own.length === 0 && exchange.status < 400) continue;
    const described = operation.responses[exchange.status];
    if (!described) continue;
    const pointer = `/paths/${escaped(template)}/${method.toLowerCase()}/responses/${exchange.status}`;
    return resolve(pointer) as { pointer: string; outcome: Outcome };
  }
  return undefined;
}

/** At a path without a description, only 404 and the errors of authentication are allowed. */
function undescribed({ method, path, status, headers, body }: Exchange): string[] {
  const isKnown = operations.some(({ template }) => fits(template, path));
  if (isKnown) return [`the status ${status} of ${method} ${path} is not described`];
  const isProblem = headers["content-type"] === "application/problem+json";
  if (![400, 401, 404, 429].includes(status)) return [`${status} where nothing is described`];
  if (!isProblem) return [`"${headers["content-type"]}" is no problem document`];
  if (method === "HEAD") return [];
  return schemaMisfits("/components/schemas/Problem", JSON.parse(body));
}

function headerMisfits(exchange: Exchange, pointer: string, { headers = {} }: Outcome): string[] {
  const wrong = Object.keys(headers).flatMap((name) => {
    const at = resolve(`${pointer}/headers/${escaped(name)}`);
    const header = at.outcome as unknown as Header;
    const text = exchange.headers[name.toLowerCase()];
    if (text === undefined) return header.required ? [`the header ${name} is missing`] : [];
    const value = header.schema.type === "integer" ? Number(text) : text;
    return schemaMisfits(`${at.pointer}/schema`, value).map((misfit) => `${name}: ${misfit}`);
  });
  const known = Object.keys(headers).map((name) => name.toLowerCase());
  const extra = speaking.filter(
    (name) =>
      exchange.headers[name] !== undefined && !known.includes(name) && !isCors(name, exchange),
  );
  return [...wrong, ...extra.map((name) => `the header ${name} is not described`)];
}

/** With CORS, every response has `Vary: Origin`. */
function isCors(name: string, { headers }: Exchange): boolean {
  return name === "vary" && headers[name] === "Origin";
}

function bodyMisfits(exchange: Exchange, pointer: string, { content }: Outcome): string[] {
  const { method, status, headers, body, path } = exchange;
  const [type = ""] = String(headers["content-type"] ?? "").split(";");
  if (method === "HEAD" || !content) return body === "" ? [] : ["there is a body"];
  if (!content[type]) return [`the type "${type}" is not described`];
  if (type === "text/event-stream") return [];
  const mismatches = schemaMisfits(
    `${pointer}/content/${escaped(type)}/schema`,
    type.endsWith("json") ? JSON.parse(body) : body,
  );
  if (type !== "application/problem+json" || status < 400) return mismatches;
  const problem: Problem = JSON.parse(body);
  const [plain = ""] = path.split("?");
  // The examples of an error show its kinds.
  const isKnown = Object.values(content[type].examples ?? {}).some(
    ({ value }) => value.type === problem.type && value.title === problem.title,
  );
  return [
    ...mismatches,
    ...(isKnown ? [] : [`no example is of the type "${problem.type}", titled "${problem.title}"`]),
    ...(problem.status === status ? [] : [`the problem says ${problem.status}, not ${status}`]),
    ...(problem.instance === plain || plain.length > 300 ? [] : [`it is of ${problem.instance}`]),
  ];
}

/** An accepted request must match the description. */
function requestMisfits({ method, path, status, sent }: Exchange): string[] {
  if (status >= 300 || sent === undefined) return [];
  const own = operations.find((one) => one.method === method && fits(one.template, path));
  if (!own?.operation.requestBody) return [];
  const { pointer } = resolve(
    `/paths/${escaped(own.template)}/${method.toLowerCase()}/requestBody`,
  );
  return schemaMisfits(`${pointer}/content/application~1json/schema`, sent).map(
    (misfit) => `it took a body that is not described: ${misfit}`,
  );
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(document, "api");
const validators = new Map<string, ValidateFunction>();

function schemaMisfits(pointer: string, value: unknown): string[] {
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `api#${encodeURI(pointer)}` });
  validators.set(pointer, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** The value of a JSON pointer into the description, and its position. References are followed. */
function resolve(pointer: string): { pointer: string; outcome: Outcome } {
  let node: unknown = document;
  let at = "";
  for (const token of pointer.split("/").slice(1)) {
    node = (node as Record<string, unknown>)[token.replaceAll("~1", "/").replaceAll("~0", "~")];
    at += `/${token}`;
    const { $ref } = (node ?? {}) as { $ref?: string };
    if ($ref) {
      const target = resolve($ref.slice(1));
      at = target.pointer;
      node = target.outcome;
    }
  }
  return { pointer: at, outcome: node as Outcome };
}

function escaped(token: string): string {
  return token.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** Whether a path matches a template. The first folder must be one of the environments. */
export function fits(template: string, path: string): boolean {
  const [plain = ""] = path.split("?");
  const source = template.replaceAll(/[.]/g, "\\.").replaceAll(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${source}$`).test(plain);
}
