import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";

type Node = Record<string, unknown>;

const METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"];

const description: Node = parse(read("openapi.yaml"));
const responses: Node = JSON.parse(read("responses.schema.json"));

const operations = Object.entries(description.paths as Record<string, Node>).flatMap(
  ([path, item]) =>
    METHODS.filter((method) => Object.hasOwn(item, method)).map((method) => ({
      name: `${method.toUpperCase()} ${path}`,
      ...(item[method] as { operationId?: string; security?: Node[]; responses: Node }),
    })),
);

/** Parameters, headers and bodies: objects with a schema and named examples. */
const described = [...nodes(description)]
  .filter(([pointer]) => /\/(parameters|headers|content)\/[^/]+$/.test(pointer))
  .filter(([, node]) => Object.hasOwn(node, "schema"))
  .map(([pointer, node]) => ({ pointer, examples: (node.examples ?? {}) as Record<string, Node> }));

test("openapi.yaml is a valid OpenAPI 3.1 document", async () => {
  const validator = new Validator();
  await validator.addSpecRef(structuredClone(responses), "./responses.schema.json");
  expect(await validator.validate(structuredClone(description))).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

test("openapi.yaml has no broken $ref", () => {
  const references = [...nodes(description)].flatMap(([, { $ref }]) => $ref ?? []).map(String);
  expect(references).not.toEqual([]);
  expect(references.filter((reference) => resolve(reference) === undefined)).toEqual([]);
});

test("openapi.yaml has no unused component", () => {
  const references = new Set([...nodes(description)].map(([, { $ref }]) => $ref));
  const { securitySchemes, ...kinds } = description.components as Record<string, Node>;
  const components = Object.entries(kinds).flatMap(([kind, members]) =>
    Object.keys(members).map((name) => `#/components/${kind}/${name}`),
  );
  expect(components.filter((component) => !references.has(component))).toEqual([]);
});

test("openapi.yaml gives each parameter, header and body a named example", () => {
  expect(described).not.toEqual([]);
  const bare = described.filter(({ examples }) => Object.keys(examples).length === 0);
  expect(bare.map(({ pointer }) => pointer)).toEqual([]);
});

test("openapi.yaml has only examples that match their schema", () => {
  const validate = validator();
  const misfits = described.flatMap(({ pointer, examples }) =>
    Object.entries(examples).flatMap(([name, { value }]) => {
      const errors = validate(`${pointer}/schema`, value);
      return errors ? { example: `${pointer}/examples/${name}`, errors } : [];
    }),
  );
  expect(misfits).toEqual([]);
});

test("openapi.yaml gives each operation a unique operationId", () => {
  const ids = operations.map(({ operationId }) => operationId);
  expect(ids.filter((id, index) => !id || ids.indexOf(id) !== index)).toEqual([]);
});

/** Whether a request needs no token. */
function isOptional(security: readonly Node[] | undefined): boolean {
  if (security === undefined) return false;
  return security.length === 0 || security.some((way) => Object.keys(way).length === 0);
}

test("openapi.yaml needs a token for everything but health and readiness", () => {
  const open = operations.filter(({ security }) => isOptional(security));
  const names = ["GET /healthz", "HEAD /healthz", "GET /readyz", "HEAD /readyz"];
  expect(open.map(({ name }) => name).sort()).toEqual(names.sort());
});

test("openapi.yaml describes 401 and 403 of each operation that needs a token", () => {
  const silent = operations
    .filter(({ security = [{ bearer: [] }] }) => security.some((way) => "bearer" in way))
    .filter(({ security }) => !isOptional(security))
    .filter((operation) => !operation.responses["401"] || !operation.responses["403"]);
  expect(silent.map(({ name }) => name)).toEqual([]);
});

test("openapi.yaml answers each error as a problem that repeats the status, or in OFREP's form", () => {
  const errors = operations
    .flatMap(({ name, responses }) =>
      Object.entries(responses)
        .filter(([status]) => !/^[23]/.test(status))
        .map(([status, response]) => ({ name, status, response })),
    )
    // Its error 503 has the same document as its success.
    .filter(({ name, status }) => !(name.endsWith(" /readyz") && status === "503"));
  expect(errors).not.toEqual([]);

  const wrong = errors.filter(({ name, status, response }) => {
    const { content = {} } = follow(response) as { content?: Record<string, Node> };
    if (name.includes("/ofrep/v1/evaluate/")) return !isOfrepError(content);
    const { "application/problem+json": problem, ...others } = content;
    const { $ref } = (problem?.schema ?? {}) as Node;
    const examples = Object.values((problem?.examples ?? {}) as Record<string, { value: Node }>);
    return (
      Object.keys(others).length > 0 ||
      $ref !== "./responses.schema.json#/$defs/Problem" ||
      examples.some(({ value }) => value.status !== Number(status))
    );
  });
  expect(wrong.map(({ name, status }) => `${status} of ${name}`)).toEqual([]);
});

/** Providers read errors of evaluations as JSON with OpenFeature's code. */
function isOfrepError({ "application/json": json, ...others }: Record<string, Node>): boolean {
  const { $ref } = (json?.schema ?? {}) as Node;
  return Object.keys(others).length === 0 && $ref === "#/components/schemas/EvaluationError";
}

function read(file: string): string {
  return readFileSync(new URL(`../../schema/${file}`, import.meta.url), "utf8");
}

/** Every object in a value, including the value itself, with its JSON pointer. */
function* nodes(value: unknown, pointer = ""): Generator<[pointer: string, node: Node]> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield [pointer, value as Node];
  for (const [key, child] of Object.entries(value)) {
    yield* nodes(child, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  }
}

function follow(node: unknown): unknown {
  const { $ref } = node as Node;
  return typeof $ref === "string" ? resolve($ref) : node;
}

/** The target of a `$ref` in openapi.yaml; `undefined` if there is none. */
function resolve(reference: string): unknown {
  const [file, pointer = ""] = reference.split("#");
  let node: unknown = { "": description, "./responses.schema.json": responses }[file ?? ""];
  for (const token of pointer.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    node = (node as Node | undefined)?.[key];
  }
  return node;
}

/** Validates against a schema inside openapi.yaml; strict, so it also refuses a misspelt keyword. */
function validator() {
  // In the same folder as the `$id` of responses.schema.json, so that relative references between the two work.
  const base = "https://bunting.example/schema/openapi.yaml";
  // Not strictRequired, which refuses `anyOf: [{ required: [a] }, { required: [b] }]`: "at least one".
  // The value of a flag has one of several types.
  const isStrict = { strict: true, strictRequired: false, allowUnionTypes: true };
  const ajv = new Ajv2020({ allErrors: true, ...isStrict });
  ajv.addVocabulary(Object.keys(description));
  ajv.addSchema(responses);
  ajv.addSchema(description, base, undefined, false);

  return (pointer: string, value: unknown) => {
    const validate = ajv.compile({ $ref: `${base}#${encodeURI(pointer)}` });
    return validate(value) ? undefined : validate.errors;
  };
}
