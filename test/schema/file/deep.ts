/** Texts with deep nesting, by name. As a program: reads each twice, and prints its name and the result. */
import { fileURLToPath } from "node:url";
import { parse } from "../../../schema/yaml/parse.ts";

const units = {
  lists: "[",
  mappings: "{",
  "lists of mappings": "[{",
  "mappings of lists": "{a: [",
  "keys in flow style": "{a: ",
  "quoted keys in flow style": '["a":',
  "keys that are mappings": "{{",
  "list items": "- ",
  "list items by tabs": "-\t",
  "explicit keys": "? ",
  "explicit keys of list items": "- ? ",
  "values without keys": ": ",
  keys: "a: ",
  "quoted keys": '"a": ',
  "merge keys": "<<: ",
  "keys after an alias": "*a : ",
  "lists after carriage returns": "[\r",
};

/** Texts that are deeper than a flag may be. */
export const deep: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(units).flatMap(([name, unit]) => [
      [`1,000 ${name}`, unit.repeat(1000)],
      [`5,000 ${name}`, unit.repeat(5000)],
      [`1,000 ${name} in an environment`, `enabled: true\nenvironments:\n  ${unit.repeat(1000)}`],
    ]),
  ),
  "5,000 lists, closed": "[".repeat(5000) + "]".repeat(5000),
  "1,000 lists over as many lines": "[\n".repeat(1000),
  "1,000 lists with comments between": "[ # it's\n".repeat(1000),
  "1,000 lists after a quote that ends": `'${'"[{'.repeat(10)}': ${"[".repeat(1000)}`,
  "1,000 lists after what looks like block text": `a: |\n b\nc: ${"[".repeat(1000)}`,
  "30 list items a line": nestedText((indent) => `${indent}${"- ".repeat(30)}`, 60),
  "30 explicit keys a line": nestedText((indent) => `${indent}${"? ".repeat(30)}`, 60),
  "30 list items a line, comments between": nestedText(
    (indent) => `# c\n${indent}${"- ".repeat(30)}`,
    60,
  ),
  "30 list items a line, blank lines between": nestedText(
    (indent) => `\n${indent}${"- ".repeat(30)}`,
    60,
  ),
  "30 list items a line, quotes between": nestedText(
    (indent) => `${indent}${"- ".repeat(30)}? "\n${indent}${" ".repeat(64)}"`,
    62,
  ),
  "keys, each deeper than the one above": nestedText((indent) => `${indent}a:`, 1),
  "keys, each deeper, comments between": nestedText((indent) => `${indent}a: # c\n# c`, 1),
  "keys, each deeper, with list items": nestedText((indent) => `${indent}- a:`, 2),
  "keys, each deeper, with anchors": nestedText((indent) => `${indent}a: &a`, 1),
  "keys, each deeper, with block text": nestedText(
    (indent) => `${indent}b: |\n${indent}  - [\n${indent}a:`,
    1,
  ),
  "two keys a line, again and again": "a: a:\n".repeat(1000),
  "a key of a mapping, again and again": "<<: a:\n".repeat(5000),
  "values in lists, again and again": "[\n>\na: ".repeat(1000),
};

/** Invalid texts in which YAML finds no depth, or finds it at another position. */
export const broken: Readonly<Record<string, string>> = {
  "5,000 anchored list items": "- &a ".repeat(5000),
  "5,000 tagged list items": "- !t ".repeat(5000),
  "1,000 lists after a quote that does not end": `a: "\nb: ${"[".repeat(1000)}`,
  "1,000 lists after what looks like a comment": `? "\n# ": ${"[".repeat(1000)}`,
  "1,000 list items on a line of a quote": `? "\n# ": ${"- ".repeat(1000)}`,
};

function nestedText(line: (indent: string) => string, step: number): string {
  const lines = Array.from({ length: 200 }, (_, i) => line(" ".repeat(i * step)));
  return `${lines.join("\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries({ ...deep, ...broken })) {
    const readings = [text, text].map((again) => parse(again).findings.map(({ code }) => code));
    console.log(JSON.stringify([name, ...readings.map((codes) => [...new Set(codes)])]));
  }
}
