/**
 * Extracts the used operations, and everything that they refer to, from GitHub's description of its API.
 *
 *     npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz package/generated
 *     npx tsx test/github/api/extract-description.ts package/generated/api.github.com.json
 *
 * The package is GitHub's and Octokit's, under the MIT licence. Descriptions and examples are left out;
 * the parts that a check needs are unchanged.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fixture } from "./fixture.ts";
import { operations } from "./operations.ts";

type Node = Readonly<Record<string, unknown>>;

const [source] = process.argv.slice(2);
if (source === undefined) throw new Error("Cannot cut: wanted the path of api.github.com.json");
const description = JSON.parse(readFileSync(source, "utf8"));
const paths = cutPaths(description.paths);
writeFileSync(
  fixture,
  `${JSON.stringify({ openapi: description.openapi, info: { title: description.info.title, version: description.info.version }, paths, components: collect(paths) }, null, 1)}\n`,
);

function cutPaths(all: Record<string, Record<string, Node>>): Record<string, Node> {
  const wanted = new Set<unknown>(operations);
  const kept: Record<string, Record<string, unknown>> = {};
  for (const [path, methods] of Object.entries(all)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (!wanted.delete(operation.operationId)) continue;
      const { operationId, parameters = [], requestBody, responses } = operation;
      const cut = { operationId, parameters, requestBody, responses };
      kept[path] = { ...kept[path], [method]: strip(cut) };
    }
  }
  if (wanted.size > 0) throw new Error(`Cannot find the operations ${[...wanted].join(", ")}`);
  return kept;
}

/** The components that `root` refers to, and those that these refer to. */
function collect(root: unknown): Record<string, Record<string, unknown>> {
  const components: Record<string, Record<string, unknown>> = {};
  const pending = [root];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    for (const [, kind = "", name = ""] of JSON.stringify(node).matchAll(
      /"\$ref":"#\/components\/([a-z]+)\/([^"]+)"/g,
    )) {
      if (components[kind]?.[name] !== undefined) continue;
      const component = strip(description.components[kind][name]);
      components[kind] = { ...components[kind], [name]: component };
      pending.push(component);
    }
  }
  return components;
}

/** Keywords for people; below `properties` the same words are names. */
function strip(node: unknown, areNames = false): unknown {
  if (Array.isArray(node)) return node.map((item) => strip(item));
  if (typeof node !== "object" || node === null) return node;
  const spoken = /^(?:description|summary|examples?|externalDocs|title|deprecated|x-.*)$/;
  const kept = Object.entries(node).filter(([key]) => areNames || !spoken.test(key));
  return Object.fromEntries(
    kept.map(([key, value]) => [key, strip(value, !areNames && key === "properties")]),
  );
}
