/** Writes lists and mappings into a YAML document and keeps the comments of what stays. */
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  Scalar,
  stringify,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { isMapping, isSameJson } from "../text/json.ts";

/** What a key of a file can have as its value. */
export type EditValue =
  | boolean
  | number
  | string
  | readonly EditValue[]
  | { readonly [key: string]: EditValue };

/** A node with `value`. Nodes of `old` whose value stays are used again, with their comments. */
export function mergeNode(document: Document, old: unknown, value: EditValue): Node {
  if (isMap(old) && isMapping(value)) return mergeMap(document, old, value);
  if (isSeq(old) && Array.isArray(value)) return mergeList(document, old, value);
  if (isScalar(old) && old.value === value) return old;
  const node = createNode(document, value);
  if (!isNode(old)) return node;
  const { comment, commentBefore, spaceBefore } = old;
  return Object.assign(node, { comment, commentBefore, spaceBefore });
}

function mergeMap(
  document: Document,
  old: YAMLMap,
  value: { readonly [key: string]: EditValue },
): Node {
  giveCommentTo(old, old.items[0]?.key);
  const pairs = new Map(
    old.items.map((pair) => [String(isScalar(pair.key) ? pair.key.value : pair.key), pair]),
  );
  old.items = Object.entries(value).map(([key, child]) => {
    const pair = pairs.get(key);
    if (!pair) return document.createPair(createNode(document, key), createNode(document, child));
    pair.value = mergeNode(document, pair.value, child);
    return pair;
  });
  return old;
}

/** Equal items keep their node wherever they move; a mapping is changed in the node with its `name`, or at its index. */
function mergeList(document: Document, old: YAMLSeq, value: readonly EditValue[]): Node {
  giveCommentTo(old, old.items[0]);
  const left = new Set(old.items);
  const take = (matches: (item: unknown) => boolean) => {
    const found = [...left].find(matches);
    left.delete(found);
    return found;
  };
  const equal = value.map((item) =>
    take((node) => isNode(node) && isSameJson(node.toJSON(), item)),
  );
  const named = value.map((item, index) =>
    equal[index] === undefined && isMapping(item) && typeof item.name === "string"
      ? take((node) => isMap(node) && node.get("name") === item.name)
      : undefined,
  );
  old.items = value.map((item, index) => {
    const [same, renamed] = [equal[index], named[index]];
    if (same !== undefined) return same;
    const sameIndex = old.items[index];
    const reused = renamed ?? (left.delete(sameIndex) ? sameIndex : undefined);
    return mergeNode(document, reused, item);
  });
  return old;
}

/** The parser gives the comment above the first item to the whole collection. */
function giveCommentTo(collection: YAMLMap | YAMLSeq, first: unknown): void {
  if (!collection.commentBefore || !isNode(first)) return;
  const { commentBefore } = collection;
  first.commentBefore = first.commentBefore
    ? `${commentBefore}\n${first.commentBefore}`
    : commentBefore;
  delete collection.commentBefore;
}

/** A node in the layout of `format()`, whose texts mean the same to readers of YAML 1.1. */
function createNode(document: Document, value: EditValue): Node {
  const node = document.createNode(value) as Node;
  visit(node, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === "string" && /^["']/.test(writeScalar(scalar.value))) {
        scalar.type = Scalar.QUOTE_DOUBLE;
      }
    },
  });
  return node;
}

export const singleLine = {
  lineWidth: 0,
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
} as const;

/** A scalar in the form after `key: `: on one line, and quoted if YAML 1.1 reads it differently, such as `no`. */
export function writeScalar(value: boolean | number | string): string {
  const options = { ...singleLine, blockQuote: false, compat: "yaml-1.1" } as const;
  const scalar = new Scalar(value);
  if (/[\n\r]/.test(String(value))) scalar.type = Scalar.QUOTE_DOUBLE;
  // Only the line feed: other white space at the end is the value's own.
  return stringify({ v: scalar }, options).slice("v: ".length, -1);
}
