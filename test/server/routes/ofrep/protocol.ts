/** OFREP's own description, which every answer at its paths must meet. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

interface Step {
  readonly op: "add" | "remove";
  readonly path: string;
  readonly value?: unknown;
  readonly reason: string;
}

const folder = new URL("../../../fixtures/ofrep/", import.meta.url);
const published = read("openapi.json");
export const patch = read("patch.json") as unknown as readonly Step[];

/** Returns the errors of a response by OFREP's description with these corrections. */
export function createCheck(steps: readonly Step[] = patch) {
  const document = structuredClone(published);
  for (const step of steps) apply(document, step);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema(document, "ofrep");
  return (template: string, status: number, body: unknown): string[] => {
    const answer = `/paths/${template.replaceAll("/", "~1")}/post/responses/${status}`;
    const pointer = `${answer}/content/application~1json/schema`;
    const validate = ajv.getSchema(`ofrep#${encodeURI(pointer)}`);
    if (!validate || validate(body)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

const check = createCheck();
const path = /^(?:\/[^/]+)?(\/ofrep\/v1\/evaluate\/flags)(\/[^/]+)?$/;

/** The errors of a response by OFREP's description, which lacks general statuses of HTTP such as 413. */
export function findOfrepMismatches(seen: {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
}): string[] {
  const [plain = ""] = seen.path.split("?");
  const [, base, key] = path.exec(plain) ?? [];
  if (base === undefined || seen.method !== "POST" || seen.body === "") return [];
  const template = key === undefined ? base : `${base}/{key}`;
  return check(template, seen.status, JSON.parse(seen.body)).map((fault) => `by OFREP: ${fault}`);
}

/** Applies a step of a JSON patch (RFC 6902) that adds or removes. */
function apply(document: object, { op, path: pointer, value }: Step): void {
  const tokens = pointer.slice(1).split("/");
  const last = tokens.pop() ?? "";
  // biome-ignore lint/suspicious/noExplicitAny: a JSON pointer leads anywhere
  const parent = tokens.reduce((node: any, token) => node[token], document);
  if (Array.isArray(parent)) {
    const at = last === "-" ? parent.length : Number(last);
    parent.splice(at, op === "remove" ? 1 : 0, ...(op === "add" ? [value] : []));
  } else if (op === "add") parent[last] = value;
  else delete parent[last];
}

function read(file: string): object {
  return JSON.parse(readFileSync(new URL(file, folder), "utf8"));
}
