/**
 * Random flag files for property-based tests, with their values: the text has any key order, comments,
 * blank lines, quotes and indentation.
 */
import fc from "fast-check";
import type { FlagFile } from "../../schema/flag/flag.ts";

export interface GeneratedFile {
  readonly text: string;
  /** The values of the text. */
  readonly value: FlagFile;
  /** Every comment in the text, each different from the others. */
  readonly comments: readonly string[];
}

/** Valid flag files in any layout. */
export function flagFile(): fc.Arbitrary<GeneratedFile> {
  return fc.record({ value: flagValue(), layout: layout() }).map(({ value, layout }) => {
    const writer = new Writer(value, layout);
    const text = layout.flowRoot ? writer.flowFile() : writer.file();
    return { text, value, comments: writer.comments };
  });
}

/** The values of a flag file, with keys in any order. */
export function flagValue(): fc.Arbitrary<FlagFile> {
  const values = fc.record<FlagFile>(
    {
      enabled: fc.boolean(),
      description: description(),
      owner: fc.constantFrom("nutrition", "growth-web", "on", "platform_2"),
      type: fc.constantFrom("release", "experiment", "operational", "kill_switch", "permission"),
      expires: fc.constantFrom("2027-03-31", "2031-12-01"),
      environments: fc.dictionary(
        fc.constantFrom("staging", "development"),
        fc.record({ enabled: fc.boolean() }, { noNullPrototype: true }),
        { maxKeys: 2, noNullPrototype: true },
      ),
    },
    { requiredKeys: ["enabled"], noNullPrototype: true },
  );
  return fc
    .tuple(values, fc.infiniteStream(fc.nat()))
    .map(([value, ranks]) => shuffled(value, ranks));
}

/** Any text that may be a description: usual texts, and those that are difficult for parsers. */
export function description(): fc.Arbitrary<string> {
  const pieces = fc.constantFrom(
    ...[": ", " #", "# ", "- ", "? ", "'", '"', "''", "\\", "\n", "\n\n", "\t", "  ", " ", ", "],
    ...["[", "]", "{", "}", "&a ", "*a", "!t ", "|", ">", "%", "@", "`", "---", "...", "<<", "="],
    ...["yes", "true", "null", "~", "1e3", "0x1f", "1:30", "2027-02-30", "\\n", "\\u0041"],
    ...[
      "crème",
      "brûlée",
      "🍲",
      "日本",
      "<b>",
      ["$", "{{ x }}"].join(""),
      "@team",
      "a",
      "flag",
      "Show",
    ],
  );
  return fc.oneof(
    { weight: 3, arbitrary: fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")) },
    { weight: 2, arbitrary: fc.array(word(), { minLength: 1, maxLength: 9 }).map(sentence) },
    { weight: 1, arbitrary: fc.string({ unit: printable(), maxLength: 40 }) },
    { weight: 1, arbitrary: printable().map((character) => character.repeat(500)) },
  );
}

function word(): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(..."aeinrst"), minLength: 1, maxLength: 8 });
}

function sentence(words: readonly string[]): string {
  return `Show ${words.join(" ")}`;
}

/** Characters that a reviewer can see, each in normalization form C by itself and beside others. */
function printable(): fc.Arbitrary<string> {
  return fc
    .oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
      fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }),
    )
    .filter((character) => /^[^\p{C}\p{M}\p{Z}\u1100-\u11ff]$/u.test(character))
    .filter((character) => character.normalize("NFC") === character);
}

function shuffled<T extends object>(value: T, ranks: Iterator<number>): T {
  const entries = Object.entries(value).map((entry) => ({
    entry,
    rank: Number(ranks.next().value),
  }));
  return Object.fromEntries(entries.sort((a, b) => a.rank - b.rank).map(({ entry }) => entry)) as T;
}

type Layout = ReturnType<typeof layout> extends fc.Arbitrary<infer T> ? T : never;

function layout() {
  return fc.record({
    /** Random choices of layout, in order. */
    choices: fc.infiniteStream(fc.nat({ max: 999 })),
    /** The share of comments and blank lines, out of 10. */
    chatter: fc.constantFrom(0, 2, 6),
    /** Whether anything but plain block style is used. */
    fancy: fc.boolean(),
    pragma: fc.boolean(),
    start: fc.boolean(),
    end: fc.nat({ max: 9 }).map((n) => n === 0),
    flowRoot: fc.nat({ max: 9 }).map((n) => n === 0),
    indent: fc.constantFrom("  ", "  ", "   ", "    "),
    finalNewline: fc.nat({ max: 9 }).map((n) => n > 0),
  });
}

const pragma = "# yaml-language-server: $schema=../../schema/flag.schema.json";

class Writer {
  readonly comments: string[] = [];
  readonly #value: FlagFile;
  readonly #layout: Layout;
  /** Indented lines after a block scalar belong to it. */
  #afterBlock = false;

  constructor(value: FlagFile, layout: Layout) {
    this.#value = value;
    this.#layout = layout;
  }

  file(): string {
    const body = this.#head();
    for (const [key, value] of Object.entries(this.#value)) {
      body.push(...this.#chatter(""), ...this.#pair(key, value, ""));
    }
    body.push(...this.#chatter(""));
    if (this.#layout.fancy && this.#layout.end) body.push("...");
    return body.join("\n") + (this.#layout.finalNewline ? "\n" : "");
  }

  flowFile(): string {
    const lines = [...this.#head(), this.#flow(this.#value, "")];
    return lines.join("\n") + (this.#layout.finalNewline ? "\n" : "");
  }

  #head(): string[] {
    const head = this.#layout.pragma ? [pragma] : [];
    if (this.#layout.pragma) this.comments.push(pragma);
    head.push(...this.#chatter(""));
    if (this.#layout.fancy && this.#layout.start) head.push("---");
    return head;
  }

  #pair(key: string, value: unknown, indent: string): string[] {
    this.#afterBlock = false;
    const head = `${indent}${this.#key(key)}:${this.#gap()}`;
    if (typeof value === "string") return this.#text(head, value, indent);
    if (typeof value !== "object" || value === null) return [head + value + this.#remark()];

    const inner = indent + this.#layout.indent;
    const entries = Object.entries(value);
    if (entries.length === 0 || (this.#layout.fancy && this.#one(3))) {
      return [head + this.#flow(value, inner) + this.#remark()];
    }
    return [
      head.trimEnd() + this.#remark(),
      ...entries.flatMap(([name, child]) => [
        ...this.#chatter(inner),
        ...this.#pair(name, child, inner),
      ]),
      ...this.#chatter(inner),
    ];
  }

  #text(head: string, value: string, indent: string): string[] {
    const inner = indent + this.#layout.indent;
    if (this.#layout.fancy) {
      const lines = value.replace(/\n$/, "").split("\n");
      const isLiteral =
        /^[^\s]/.test(value) && lines.every((line) => line === "" || /\S$/.test(line));
      if (isLiteral && !/\n\n$|\t/.test(value) && this.#one(3)) {
        const header = value.endsWith("\n") ? "|" : "|-";
        const body = lines.map((line) => (line === "" ? "" : inner + line));
        const text = [head + header + this.#remark(), ...body];
        this.#afterBlock = true;
        return text;
      }
      if (/^\w+( \w+)+$/.test(value) && this.#one(3)) {
        const [first = "", ...rest] = value.split(" ");
        const style = this.#pick([">-", '"', "'", ""]);
        const tail = rest.join(" ");
        if (style === ">-") {
          const text = [head + style + this.#remark(), inner + first, inner + tail];
          this.#afterBlock = true;
          return text;
        }
        return [head + style + first, inner + tail + style + this.#remark()];
      }
      if (this.#one(6))
        return [head.trimEnd() + this.#remark(), inner + this.#scalar(value) + this.#remark()];
    }
    return [head + this.#scalar(value) + this.#remark()];
  }

  /** A mapping in flow style, on one line or on several. */
  #flow(value: object, indent: string): string {
    const entries = Object.entries(value);
    const isLong = entries.length > 0 && this.#one(2);
    const pairs = entries.map(([key, child], i) => {
      const text =
        typeof child === "object" && child !== null
          ? this.#flow(child, indent + this.#layout.indent)
          : typeof child === "string"
            ? this.#scalar(child)
            : String(child);
      const comma = i < entries.length - 1 || (isLong && this.#one(3)) ? "," : "";
      const above = isLong
        ? this.#chatter(indent)
            .map((line) => `${line}\n`)
            .join("")
        : "";
      const pair = `${this.#key(key)}: ${text}${comma}`;
      return isLong ? `${above}${indent}${pair}${this.#remark()}\n` : `${pair} `;
    });
    if (!isLong) return `{ ${pairs.join("")}}`;
    return `{${this.#remark()}\n${pairs.join("")}${indent}}`;
  }

  #scalar(value: string): string {
    const isPlain = /^[A-Za-z][\w-]*( [\w-]+)*$|^\d{4}-\d\d-\d\d$/.test(value);
    const isWord = /^(true|false|null|yes|no|y|n)$/i.test(value);
    if (isPlain && !isWord && !this.#one(3)) return value;
    if (!/[\n\t]/.test(value) && this.#one(2)) return `'${value.replaceAll("'", "''")}'`;
    return JSON.stringify(value);
  }

  #key(key: string): string {
    if (!this.#layout.fancy) return key;
    return this.#pick([key, key, key, `"${key}"`, `'${key}'`]);
  }

  #gap(): string {
    return this.#layout.fancy ? this.#pick([" ", " ", " ", "  ", "    "]) : " ";
  }

  /** Comment and blank lines between others. */
  #chatter(indent: string): string[] {
    const lines: string[] = [];
    while (this.#next(10) < this.#layout.chatter) {
      const isAligned = !this.#layout.fancy || this.#afterBlock || !this.#one(4);
      const before = isAligned ? indent : this.#pick(["", " ", `${indent}  `]);
      lines.push(this.#one(3) ? (isAligned ? "" : before) : before + this.#comment());
    }
    this.#afterBlock &&= lines.length === 0;
    return lines;
  }

  /** A comment at the end of a line. */
  #remark(): string {
    if (this.#next(10) >= this.#layout.chatter) return "";
    return this.#pick([" ", " ", "  ", "     "]) + this.#comment();
  }

  #comment(): string {
    const text = this.#pick(["ask first", "don't", "a: b", "- x", '"', "{", "🍲 | >", "---"]);
    const comment = `${this.#pick(["# ", "# ", "#", "#  ", "## "])}${this.comments.length} ${text}`;
    this.comments.push(comment);
    return comment;
  }

  #one(n: number): boolean {
    return this.#next(n) === 0;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#next(from.length)] as T;
  }

  #next(n: number): number {
    return Number(this.#layout.choices.next().value) % n;
  }
}
