/**
 * Edits the text of a flag file and keeps what people wrote around the value: comments, key order,
 * blank lines. A value that is there is replaced in place, so the diff is that one line.
 */
import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  type ParsedNode,
  Scalar,
  stringify,
  visit,
} from "yaml";
import { formatProblem, problemsIn } from "./problem.ts";
import { parseYaml } from "./source.ts";

export interface Change {
  /** `["environments", "staging", "enabled"]`. */
  readonly path: readonly string[];
  readonly value: boolean | string;
}

/** `text` with `changes` made, one after the other. Throws where `text` is not YAML. */
export function edit(text: string, changes: readonly Change[]): string {
  return changes.reduce(editOne, text);
}

/** The one way to lay out a flag file. CI requires it, so that an edit changes only the lines it means to. */
export function format(text: string): string {
  const plain = text
    .replace(/^\uFEFF/, "")
    .replaceAll(/\r\n?/g, "\n")
    .normalize("NFC");
  const document = open(plain);
  visit(document, {
    Collection: (_key, node) => {
      node.flow = false;
    },
  });
  return print(document);
}

function editOne(text: string, { path, value }: Change): string {
  const document = open(text);
  const node = document.getIn(path, true);
  if (isOnOneLine(node)) {
    const written = isInFlow(document, path) ? JSON.stringify(value) : write(value);
    return text.slice(0, node.range[0]) + written + text.slice(node.range[1]);
  }
  document.setIn(path, document.createNode(safe(value)));
  if (path[0] === "description") putFirst(document, "description");
  return print(document);
}

function open(text: string): Document<ParsedNode> {
  const { document, findings } = parseYaml(text);
  if (document) return document;
  const reasons = problemsIn("text", findings, "").map(formatProblem);
  throw new Error(`Cannot edit what is not a flag file: ${reasons.join("; ") || "it is empty"}`);
}

function print(document: Document<ParsedNode>): string {
  if (document.directives) document.directives.docStart = null;
  return document.toString({ indent: 2, lineWidth: 0 });
}

function isOnOneLine(node: unknown): node is Scalar & { range: [number, number, number] } {
  if (!isScalar(node) || !node.range) return false;
  const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
  return !isBlock && node.range[0] < node.range[1];
}

function isInFlow(document: Document, path: readonly string[]): boolean {
  const parents = path.map((_, depth) => document.getIn(path.slice(0, depth), true));
  return parents.some((parent) => isCollection(parent) && parent.flow);
}

/** A value as it stands after `key: `. */
function write(value: boolean | string): string {
  const pair = stringify({ v: safe(value) }, { lineWidth: 0, blockQuote: false });
  return pair.slice("v: ".length).trimEnd();
}

/** Quotes what a reader of YAML 1.1 would take for a boolean. */
function safe(value: boolean | string): Scalar {
  const scalar = new Scalar(value);
  if (/^(y|n|yes|no|on|off)$/i.test(String(value))) scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

function putFirst(document: Document, key: string): void {
  if (!isMap(document.contents)) return;
  const { items } = document.contents;
  const at = items.findIndex((pair) => isScalar(pair.key) && pair.key.value === key);
  items.unshift(...items.splice(at, 1));
}
