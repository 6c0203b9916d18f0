/**
 * Parses a flag file's text and records the position of each value.
 *
 * It accepts only the part of YAML that every reader understands in the same way: mappings,
 * sequences and scalars, in one document.
 */
import {
  Composer,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type ParsedNode,
  type Document as YamlDocument,
} from "yaml";
import type { Code } from "../problem/codes.ts";
import { positionAt } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import { quoteValue } from "../text/show.ts";
import { tokenize } from "./depth.ts";
import { parseFormatted } from "./formatted.ts";
import type { Offsets, YamlSource } from "./source.ts";
import { invalidYaml } from "./syntax-errors.ts";

export function parse(text: string): YamlSource {
  return parseFormatted(text) ?? parseAny(text);
}

/** Parses a text of any layout with the YAML parser. */
export function parseAny(text: string): YamlSource {
  const { document, findings } = parseYaml(text);
  if (!document) {
    const value = findings.length === 0 ? null : undefined;
    return { text, value, offsets: new Map(), findings };
  }

  const reader = new Reader(text);
  const value = reader.read(document.contents, "", 0);
  return { text, value, offsets: reader.offsets, findings: reader.findings };
}

/** The only call of the YAML parser. `document` is missing if the text is not safe, or not YAML. */
export function parseYaml(text: string): {
  readonly document?: YamlDocument.Parsed;
  readonly findings: readonly Finding[];
} {
  const { tokens, tooDeep } = tokenize(text);
  if (tooDeep) return { findings: [tooDeep] };

  // Duplicate keys are found below: the composer's own check takes quadratic time.
  const composer = new Composer<ParsedNode>({ uniqueKeys: false, logLevel: "error" });
  const [document, second] = composer.compose(tokens);
  if (!document) return { findings: [] };
  if (second) return { findings: [secondDocument(text, second.range[0])] };
  const directives = [...text.matchAll(/^%.*$/gm)].filter(({ index }) => index < document.range[0]);
  if (directives.length > 0 || document.directives?.yaml.explicit) {
    return { findings: [directive(text, directives[0]?.index ?? 0)] };
  }
  if (document.errors.length > 0) return { findings: invalidYaml(text, document.errors) };
  return { document, findings: [] };
}

/** Converts nodes to plain values, and records their positions and the forbidden parts of YAML. */
class Reader {
  readonly offsets = new Map<string, Offsets>();
  readonly findings: Finding[] = [];
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  read(node: unknown, pointer: string, key: number): unknown {
    const start = isNode(node) ? this.#startOf(node) : key;
    this.offsets.set(pointer, { value: start, key });
    if (isNode(node)) this.#refuseIndirection(node, start);
    if (isMap(node)) return this.#readMap(node.items, pointer);
    if (isSeq(node)) return node.items.map((item, i) => this.read(item, `${pointer}/${i}`, start));
    return isScalar(node) ? node.value : null;
  }

  #readMap(items: readonly Pair[], pointer: string): Record<string, unknown> {
    const entries = new Map<string, unknown>();
    for (const { key, value } of items) {
      const start = isNode(key) ? this.#startOf(key) : 0;
      if (isNode(key)) this.#refuseIndirection(key, start);
      // A key that is no scalar becomes its text, which no schema allows.
      const name = isScalar(key) ? String(key.value) : this.#text.slice(...range(key)).trim();
      const child = `${pointer}/${escapePointer(name)}`;
      const earlier = this.offsets.get(child);
      if (earlier) this.findings.push(duplicateKey(this.#text, name, start, earlier.key));
      else entries.set(name, this.read(value, child, start));
    }
    // Not by assignment: `__proto__` is an ordinary key here.
    return Object.fromEntries(entries);
  }

  #refuseIndirection(node: Node, start: number): void {
    if (isAlias(node)) this.#refuse(start, "alias", `the alias ${quoteValue(`*${node.source}`)}`);
    if ("anchor" in node && node.anchor) {
      this.#refuse(start, "anchor", `the anchor ${quoteValue(`&${node.anchor}`)}`);
    }
    if ((isScalar(node) || isCollection(node)) && node.tag) {
      const tag = node.tag.replace("tag:yaml.org,2002:", "!!");
      this.#refuse(start, "tag", `the tag ${quoteValue(tag)}`);
    }
  }

  /** The start of a node with its tag and anchor, which its own range does not include. */
  #startOf(node: Node): number {
    const [start] = range(node);
    if (!("anchor" in node && node.anchor) && !("tag" in node && node.tag)) return start;
    const before = this.#text.slice(Math.max(0, start - 200), start);
    const [properties = ""] = /(?:(?<![^\s[{])[!&][^\s[{]*\s*)*$/.exec(before) ?? [];
    return start - properties.length;
  }

  #refuse(start: number, code: Code, what: string): void {
    const message = `Cannot read ${what}: only plain values are allowed`;
    const hint = code === "alias" ? "write the value out" : "delete it";
    this.findings.push({ ...positionAt(this.#text, start), code, message, hint });
  }
}

/** A key as a part of a JSON pointer. */
export function escapePointer(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}

function range(node: unknown): [number, number] {
  return isNode(node) && node.range ? [node.range[0], node.range[1]] : [0, 0];
}

function duplicateKey(text: string, name: string, at: number, earlier: number): Finding {
  const { line, column } = positionAt(text, earlier);
  const message = `Cannot read key ${quoteValue(name)} twice: it is set at ${line}:${column} already`;
  return { ...positionAt(text, at), code: "duplicate-key", message, hint: "keep one of the two" };
}

function secondDocument(text: string, at: number): Finding {
  const message = "Cannot read a second document: a file holds one";
  const hint = 'delete the "---", or move what follows it into a file of its own';
  return { ...positionAt(text, at), code: "second-document", message, hint };
}

function directive(text: string, at: number): Finding {
  const message = "Cannot read a directive: files here are YAML 1.2 without any";
  return { ...positionAt(text, at), code: "directive", message, hint: 'delete the line with "%"' };
}
