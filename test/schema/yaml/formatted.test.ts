import fc from "fast-check";
import { expect, test } from "vitest";
import { format } from "../../../schema/yaml/edit.ts";
import { parseFormatted } from "../../../schema/yaml/formatted.ts";
import { parseAny } from "../../../schema/yaml/parse.ts";
import { flagFile } from "../arbitrary.ts";

test("parseFormatted() reads a file as it is usually written", () => {
  const text = `# yaml-language-server: $schema=../../schema/flag.schema.json

# Off until the audit is done
description: Show a recipe's cost per serving, tax (if any) included
enabled: false # see the runbook
owner: nutrition
type: kill_switch
expires: 2027-03-31
environments:
  # where it is tried
  staging:
    enabled: true
  development: # of course
    enabled: true
`;
  expect(parseFormatted(text)).toEqual(parseAny(text));
});

test("parseFormatted() returns the YAML parser's result, or undefined, for flag files", () => {
  const check = (text: string) => {
    const source = parseFormatted(text);
    if (source) expect(source).toEqual(parseAny(text));
  };
  const text = fc.tuple(flagFile(), fc.boolean()).map(([{ text }, isFormatted]) => {
    return isFormatted ? format(text) : text;
  });
  fc.assert(fc.property(text, check), { numRuns: 150 });
});

test("parseFormatted() returns the YAML parser's result, or undefined, for lines of any kind", () => {
  let read = 0;
  const check = (text: string) => {
    const source = parseFormatted(text);
    if (!source) return;
    read += 1;
    expect(source).toEqual(parseAny(text));
  };
  fc.assert(fc.property(lines(), check), { numRuns: 5000 });
  expect(read).toBeGreaterThan(100);
});

test.each([
  ["many levels", `${levels(40)}${"  ".repeat(40)}a: b\n`],
  ["a null", "enabled: Null\n"],
  ["a mapping without entries", "enabled: true\nenvironments:\n"],
  ["a mapping without entries, in the middle", "environments:\nenabled: true\n"],
  [
    "an environment without entries",
    "environments:\n  staging:\n  development:\n    enabled: true\n",
  ],
  ["a key twice", "enabled: true\nenabled: true\n"],
  ["a continued line", "description: a\n  b\nenabled: true\n"],
  ["a continued line that looks like a pair", "description: a\n  b: c\nenabled: true\n"],
  ["a text that ends in a colon", "description: a:\nenabled: true\n"],
  ["a number", "description: 12\nenabled: true\n"],
  ["a hexadecimal number", "description: 0x1f\nenabled: true\n"],
  ["no line end at the end", "enabled: true"],
  ["a byte order mark", "\uFEFFenabled: true\n"],
  ["a carriage return", "enabled: true\r\n"],
  ["a carriage return in a comment", "enabled: true # a\rowner: b\n"],
  ["a line separator in a comment", "enabled: true # a\u2028owner: b\n"],
  ["a document start", "---\nenabled: true\n"],
  ["a tab", "enabled:\ttrue\n"],
  ["a space too many", "enabled: true\n owner: a\n"],
  ["a level too many", "enabled: true\n    owner: a\n"],
  ["a comment without a space before it", "owner: a#b\nenabled: true\n"],
  ["a key like a method", "constructor: a\nenabled: true\n"],
  ["nothing", ""],
])("parseFormatted() returns the YAML parser's result, or undefined, for %s", (_what, text) => {
  expect(parseFormatted(text) ?? parseAny(text)).toEqual(parseAny(text));
});

/** Lines of flag files, some with a small mistake. */
function lines(): fc.Arbitrary<string> {
  const indent = fc.constantFrom("", "", "", "  ", "  ", "    ", " ", "\t");
  const key = fc.constantFrom(
    "enabled",
    "owner",
    "a",
    "null",
    "true",
    "constructor",
    "A",
    "a_b",
    '"a"',
  );
  const colon = fc.constantFrom(": ", ": ", ": ", ":", ":  ", " : ", " ");
  const value = fc.oneof(
    fc.constantFrom(
      "true",
      "false",
      "True",
      "null",
      "~",
      "no",
      "12",
      "1e3",
      "2027-02-30",
      "",
      "",
      "",
    ),
    fc.constantFrom(
      "a",
      "a b",
      "a, (b).",
      "a  b",
      "a: b",
      "a #b",
      "a# b",
      "a:",
      "a -",
      "a ? b",
      "a & b",
    ),
    fc.constantFrom(
      "- a",
      "[a]",
      "{a: b}",
      "'a'",
      '"a"',
      "|",
      "&a b",
      "!a b",
      "a\u00a0b",
      "é",
      "a?",
      "@a",
    ),
    fc.string({ unit: fc.constantFrom(..."ab ,.;()'/&%+=?!-:#_1"), maxLength: 8 }),
  );
  const comment = fc.constantFrom(
    "",
    "",
    "",
    " # c",
    " #",
    "# c",
    "  # a: b",
    " # it's",
    " ",
    " #\u2028a",
  );
  const pair = fc.tuple(indent, key, colon, value, comment).map((parts) => parts.join(""));
  const other = fc.constantFrom(
    "",
    "  ",
    "# c",
    "  # c",
    "#",
    "---",
    "...",
    "%YAML 1.1",
    "- a",
    "a",
    "\t",
  );
  const line = fc.oneof({ weight: 5, arbitrary: pair }, { weight: 1, arbitrary: other });
  const plain = fc.constantFrom("a:", "  b:", "  b: c", "    d: true", "e: f # g", "# h", "");
  const mixed = fc.array(
    fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: line }),
    {
      maxLength: 7,
    },
  );
  return mixed.map((all) => all.map((one) => `${one}\n`).join(""));
}

function levels(count: number): string {
  return Array.from({ length: count }, (_, i) => `${"  ".repeat(i)}a:\n`).join("");
}
