import fc from "fast-check";
import { expect, test } from "vitest";
import { Lexer } from "yaml";
import { format } from "../../../schema/yaml/edit.ts";
import { parse } from "../../../schema/yaml/parse.ts";
import { flagFile } from "../arbitrary.ts";

const formatted = `# yaml-language-server: $schema=../../schema/flag.schema.json
# Off until the audit is done

description: Show a recipe's cost per serving # see the wiki
enabled: false

# the team, not a person
owner: nutrition
expires: 2027-03-31
environments:
  # first
  staging:
    enabled: true # since May

# at the end
`;

test("format() does not change a formatted file", () => {
  expect(format(formatted)).toBe(formatted);
});

test.each([
  ["indentation", formatted.replaceAll("\n  ", "\n      ")],
  ["carriage returns", formatted.replaceAll("\n", "\r\n")],
  ["lone carriage returns", formatted.replaceAll("\n", "\r")],
  ["a byte order mark", `\uFEFF${formatted}`],
  ["a missing line end", formatted.slice(0, -1)],
  ["spaces at the ends of lines", formatted.replaceAll("false\n", "false  \n")],
  ["spaces after colons", formatted.replaceAll(/(?<=\n\w+): /g, ":   ")],
  ["spaces before comments", formatted.replaceAll(/(?<=[a-z]) #/g, "     #")],
  ["tabs before comments", formatted.replaceAll(/(?<=[a-z]) #/g, "\t#")],
  ["a document end", `${formatted}...\n`],
])("format() repairs %s", (_what, text) => {
  expect(format(text)).toBe(formatted);
});

test.each([
  [
    "flow style",
    "{ enabled: true, environments: { staging: { enabled: false } } }\n",
    "enabled: true\nenvironments:\n  staging:\n    enabled: false\n",
  ],
  ["a document start", "---\nenabled: true\n", "enabled: true\n"],
  ["letters with accents apart", "enabled: true # cre\u0300me\n", "enabled: true # crème\n"],
  ["blank lines at the end", "enabled: true\n\n\n", "enabled: true\n"],
  [
    "an empty mapping on lines of its own",
    "enabled: true\nenvironments:\n  {\n  }\n",
    "enabled: true\nenvironments: {}\n",
  ],
])("format() repairs %s", (_what, text, expected) => {
  expect(format(text)).toBe(expected);
});

test("format() puts a comment beside a mapping into it", () => {
  const text = "enabled: true\nenvironments: # where\n  staging:\n    enabled: true\n";
  expect(format(text)).toBe(text.replace(" # where", "\n  # where"));
});

test.each([
  ["double quotes", 'enabled: true\ndescription: "no"\n'],
  ["single quotes", "enabled: true\ndescription: 'It''s on'\n"],
  ["a quoted key", '"enabled": true\n'],
  ["block text", "enabled: true\ndescription: |\n  One\n\n  - two\n"],
  ["folded text", "enabled: true\ndescription: >-\n  One two\n"],
  ["a line of 500 characters", `description: "${"a: b ".repeat(99)}"\nenabled: true\n`],
  ["line breaks in quotes", `description: "${"a\\nb ".repeat(40)}"\nenabled: true\n`],
])("format() keeps %s", (_what, text) => {
  expect(format(text)).toBe(text);
});

test.each([
  ["nothing", "", /it is empty/],
  ["comments", "# a\n", /it is empty/],
  ["no YAML", 'enabled: "', /text:1:10: .*\[invalid-yaml\]/],
  ["two documents", "a: 1\n---\nb: 2\n", /\[second-document\]/],
  ["deep nesting", "[".repeat(1000), /\[too-deep\]/],
])("format() throws at %s and says why", (_what, text, reason) => {
  expect(() => format(text)).toThrow(reason);
});

test("format() keeps the values of a file", () => {
  const check = ({ text, value }: { text: string; value: object }) => {
    expect(parse(format(text)).value).toEqual(value);
  };
  fc.assert(fc.property(flagFile(), check), { numRuns: 150 });
});

test("format() keeps each comment once", () => {
  const check = ({ text, comments }: { text: string; comments: readonly string[] }) => {
    const kept = [...new Lexer().lex(format(text))].filter((lexeme) => lexeme.startsWith("#"));
    expect(kept.sort()).toEqual([...comments].sort());
  };
  fc.assert(fc.property(flagFile(), check), { numRuns: 150 });
});

test("format() changes nothing in its own output", () => {
  const check = ({ text }: { text: string }) => {
    const once = format(text);
    expect(format(once)).toBe(once);
  };
  fc.assert(fc.property(flagFile(), check), { numRuns: 150 });
});
