/**
 * Edits the text of a flag file and keeps what people wrote around the value: comments, key order,
 * blank lines. A value that is there is replaced in place, so the diff is that one line.
 */
import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type ParsedNode,
  Scalar,
  visit,
} from "yaml";
import { formatProblem, problemsIn } from "../problem/problem.ts";
import { isSameJson } from "../text/json.ts";
import { keepFirstComment, moveBehindEnabled, moveToTop } from "./key-order.ts";
import { type EditValue, mergeNode, singleLine, writeScalar } from "./merge-node.ts";
import { parseYaml } from "./parse.ts";

type PlainValue = boolean | number | string;

export interface TextChange {
  /** `["environments", "staging", "enabled"]`; in a list, the index of an item from 0. */
  readonly path: readonly string[];
  /** Missing if the key is to be deleted. */
  readonly value?: EditValue | undefined;
}

/** `text` with `changes` made, one after the other. Throws if `text` is not YAML. */
export function edit(text: string, changes: readonly TextChange[]): string {
  return changes.reduce(editOne, text);
}

/** The same in one pass, which also lays the text out: many edits of a large text, one by one, take seconds. */
export function editAtOnce(text: string, changes: readonly TextChange[]): string {
  const document = open(text);
  for (const { path, value } of changes) {
    if (value === undefined) remove(document, path);
    else set(document, path, value);
  }
  return format(print(document));
}

/** Formats a flag file. CI requires this layout, so that an edit changes only the lines of its values. */
export function format(text: string): string {
  const once = layOut(text);
  // Comments beside "---" or a bracket have their final place only after a second pass.
  return once === text ? text : layOut(once);
}

function layOut(text: string): string {
  const plain = text
    .replace(/^\uFEFF/, "")
    .replaceAll(/\r\n?/g, "\n")
    .normalize("NFC");
  const document = open(plain);
  visit(document, {
    Collection: (_key, node, path) => {
      const isLine = path.some(isCondition) || isStep(node, path) || isContext(node, path);
      node.flow = node.items.length === 0 || isLine;
    },
  });
  return print(document);
}

/** The `if` of a rule is one line, so that a rule can be read at a glance; with comments it is a block. */
function isCondition(node: unknown): boolean {
  return isPair(node) && isScalar(node.key) && node.key.value === "if" && !hasComments(node.value);
}

/** A step of a schedule is one line, too. */
function isStep(node: Node, path: readonly unknown[]): boolean {
  const keys = keysOf(path);
  const isScheduled = keys.at(-1) === "schedule" && isSeq(path.at(-1));
  const isBlock = keys.length === 1 || (keys.length === 3 && keys[0] === "environments");
  return isScheduled && isBlock && isMap(node) && !node.items.some(hasComments);
}

/** The context of a flag's test is one line, too. */
function isContext(node: Node, path: readonly unknown[]): boolean {
  const [first, second] = keysOf(path);
  return first === "tests" && second === "context" && !hasComments(node);
}

function keysOf(path: readonly unknown[]): unknown[] {
  return path.flatMap((one) => (isPair(one) && isScalar(one.key) ? [one.key.value] : []));
}

function hasComments(node: unknown): boolean {
  let found = false;
  visit(node as Node, (_key, inner) => {
    if (isNode(inner) && (inner.comment || inner.commentBefore)) found = true;
  });
  return found;
}

function editOne(text: string, { path, value }: TextChange): string {
  const document = open(text);
  const node = document.getIn(path, true);
  if (value === undefined) {
    if (node === undefined) return text;
    remove(document, path);
    return format(print(document));
  }
  if (typeof value !== "object") {
    if (isScalar(node) && node.value === value) return text;
    if (hasRange(node)) return replace(text, node, isInFlow(document, path), value);
    const described = path.join() === "description" && insertDescription(text, document, value);
    if (described) return described;
  }
  if (isNode(node) && isSameJson(node.toJSON(), value)) return text;
  set(document, path, value);
  return format(print(document));
}

function set(document: Document, path: readonly string[], value: EditValue): void {
  const node = document.getIn(path, true);
  document.setIn(path, mergeNode(document, node, value));
  if (node === undefined && path.at(-1) === "rollout") moveBehindEnabled(document, path);
  if (node === undefined && path.join() === "description") moveToTop(document);
}

function remove(document: Document, path: readonly string[]): void {
  keepFirstComment(document, path);
  document.deleteIn(path);
}

function open(text: string): Document<ParsedNode> {
  const { document, findings } = parseYaml(text);
  if (document) return document;
  const reasons = problemsIn("text", findings, "").map(formatProblem);
  throw new Error(`Cannot edit what is not a flag file: ${reasons.join("; ") || "it is empty"}`);
}

function print(document: Document<ParsedNode>): string {
  if (document.directives) Object.assign(document.directives, { docStart: null, docEnd: false });
  return document.toString({ indent: 2, ...singleLine });
}

type ScalarWithRange = Scalar & { range: [number, number, number] };

function hasRange(node: unknown): node is ScalarWithRange {
  return isScalar(node) && node.range != null && node.range[0] < node.range[1];
}

function replace(
  text: string,
  node: ScalarWithRange,
  isInFlow: boolean,
  value: PlainValue,
): string {
  const [start, end] = node.range;
  const written = isInFlow ? JSON.stringify(value) : writeScalar(value);
  // Of a block scalar, "|" and its comment belong to the value, and so does the line's end.
  const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
  const comment = isBlock && node.comment ? ` #${node.comment}` : "";
  return text.slice(0, start) + written + comment + (isBlock ? "\n" : "") + text.slice(end);
}

function isInFlow(document: Document, path: readonly string[]): boolean {
  const parents = path.map((_, depth) => document.getIn(path.slice(0, depth), true));
  return parents.some((parent) => isCollection(parent) && parent.flow);
}

/** `text` with the description above all other keys, below the comments at the top; `undefined` if no line starts there. */
function insertDescription(text: string, { contents }: Document, value: PlainValue) {
  if (!isMap(contents) || contents.flow) return undefined;
  const [first] = contents.items;
  const key = isScalar(first?.key) ? (first.key.range?.[0] ?? 0) : 0;
  const start = text.lastIndexOf("\n", key - 1) + 1;
  const indent = text.slice(start, key);
  if (!/^ *$/.test(indent)) return undefined;
  return `${text.slice(0, start)}${indent}description: ${writeScalar(value)}\n${text.slice(start)}`;
}
