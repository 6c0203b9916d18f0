import { expect, test } from "vitest";
import { parse } from "../../../schema/yaml/parse.ts";
import { codesIn, problemsOf } from "../codes-in.ts";

test.each([
  ["an alias of nothing", "enabled: *on\n", ["1:10 alias"]],
  [
    "an alias and its anchor",
    "description: &d x\nowner: *d\nenabled: true\n",
    ["1:14 anchor", "2:8 alias"],
  ],
  ["an alias as key", "*a : true\nenabled: true\n", ["1:1 alias"]],
  ["an alias in a flow mapping", "enabled: true\nenvironments: { staging: *s }\n", ["2:26 alias"]],
  ["an anchor", "enabled: &a true\n", ["1:10 anchor"]],
  [
    "an anchor of a mapping",
    "enabled: true\nenvironments: &e\n  staging:\n    enabled: true\n",
    ["2:15 anchor"],
  ],
  ["an anchor of the whole", "&all\nenabled: true\n", ["1:1 anchor"]],
  ["an anchor of a key", "&k enabled: true\n", ["1:1 anchor"]],
  ["an anchor in a list", "enabled: true\nowner: [&a b]\n", ["2:8 wrong-type", "2:9 anchor"]],
  ["an anchor of nothing", "enabled: true\nowner: &a\n", ["2:8 anchor"]],
  ["a merge key", "<<: { enabled: true }\nenabled: true\n", ["1:1 unknown-key"]],
  ["the merge of an alias", "<<: *a\nenabled: true\n", ["1:1 unknown-key", "1:5 alias"]],
  ["a tag", "enabled: !!bool true\n", ["1:10 tag"]],
  ["a tag that makes text of true", "enabled: !!str true\n", ["1:10 tag"]],
  ["a tag that makes text of true, in short", "enabled: ! true\n", ["1:10 tag"]],
  ["bytes in base 64", "description: !!binary aGVsbG8=\nenabled: true\n", ["1:14 tag"]],
  ["a tag of one's own", "description: !secret x\nenabled: true\n", ["1:14 tag"]],
  ["a tag that would run code", "description: !!js/function 'x'\nenabled: true\n", ["1:14 tag"]],
  ["a verbatim tag", "description: !<tag:yaml.org,2002:str> x\nenabled: true\n", ["1:14 tag"]],
  ["a tag of a key", "!!str enabled: true\n", ["1:1 tag"]],
  ["a tag of the whole", "--- !!map\nenabled: true\n", ["1:5 tag"]],
  ["a tag and an anchor", "enabled: &a !!bool true\n", ["1:10 anchor", "1:10 tag"]],
  ["the other version of YAML", "%YAML 1.1\n---\nenabled: true\n", ["1:1 directive"]],
  ["this version of YAML", "%YAML 1.2\n---\nenabled: true\n", ["1:1 directive"]],
  [
    "a handle for tags",
    "# first\n%TAG ! tag:example.com,2000:\n---\nenabled: true\n",
    ["2:1 directive"],
  ],
  ["a directive that nobody knows", "%FOO bar\n---\nenabled: true\n", ["1:1 directive"]],
  ["a second document", "enabled: true\n---\nenabled: false\n", ["2:1 second-document"]],
  ["an empty second document", "enabled: true\n---\n", ["2:1 second-document"]],
  ["a document after an end", "enabled: true\n...\nenabled: false\n", ["3:1 second-document"]],
  ["an empty first document", "---\n---\nenabled: true\n", ["2:1 second-document"]],
  ["10,000 documents", "--- {}\n".repeat(9000), ["2:1 second-document"]],
])("parse() refuses %s", (_what, text, problems) => {
  expect(codesIn(text)).toEqual(problems);
});

test.each([
  ["---\nenabled: true\n...\n"],
  ["enabled: true # &a *b !c %YAML\n"],
  ["enabled: true\ndescription: '&a *b !!c'\n"],
  ["enabled: true\ndescription: a &b *c !d\n"],
])("parse() accepts %j, which only looks like one of these", (text) => {
  expect(codesIn(text)).toEqual([]);
});

test.each([
  ["plainly", "enabled: true\nenabled: true\n", "2:1", "1:1"],
  ["by an escape", 'enabled: true\n"\\x65nabled": false\n', "2:1", "1:1"],
  ["by quotes", "enabled: true\n'enabled': false\n", "2:1", "1:1"],
  [
    "in an environment",
    "environments:\n  staging:\n    enabled: true\n    enabled: true\nenabled: true\n",
    "4:5",
    "3:5",
  ],
  [
    "with an environment",
    "enabled: true\nenvironments:\n  staging: {enabled: true}\n  staging: {enabled: false}\n",
    "4:3",
    "3:3",
  ],
  ["in flow style", "{enabled: true, enabled: true}\n", "1:17", "1:2"],
  ["as an explicit key", "enabled: true\n? enabled\n: false\n", "2:3", "1:1"],
])(
  "parse() refuses a key that is set twice, %s, and has both positions",
  (_how, text, at, earlier) => {
    const [problem, ...others] = problemsOf(text);
    expect(others).toEqual([]);
    expect(`${problem?.line}:${problem?.column} ${problem?.code}`).toBe(`${at} duplicate-key`);
    expect(problem?.message).toContain(`it is set at ${earlier} already`);
  },
);

test("parse() reports a duplicate of an unknown key", () => {
  expect(codesIn('enabled: true\na: 1\n"\\x61": 2\n')).toEqual([
    "2:1 unknown-key",
    "3:1 duplicate-key",
  ]);
});

test.each([
  ["__proto__: { polluted: true }\nenabled: true\n", "1:1 unknown-key"],
  ['"__pro\\x74o__": { polluted: true }\nenabled: true\n', "1:1 unknown-key"],
  ["constructor: { prototype: { polluted: true } }\nenabled: true\n", "1:1 unknown-key"],
  ["prototype: { polluted: true }\nenabled: true\n", "1:1 unknown-key"],
  ["enabled: true\nenvironments:\n  __proto__:\n    enabled: true\n", "3:3 unknown-environment"],
  ["enabled: true\nenvironments:\n  constructor:\n    enabled: true\n", "3:3 unknown-environment"],
  [
    "enabled: true\nenvironments:\n  staging:\n    enabled: true\n    __proto__: {}\n",
    "5:5 unknown-key",
  ],
  ["__proto__:\n  enabled: true\n", "1:1 missing-key"],
])("parse() and the schema refuse %j, and no prototype changes", (text, problem) => {
  expect(codesIn(text)).toContain(problem);
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("parse() returns a key named __proto__ like any other key", () => {
  const { value } = parse("__proto__:\n  a: 1\n");
  expect(Object.keys(value as object)).toEqual(["__proto__"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

test.each([
  ["an open quote", 'enabled: true\nowner: "a\n', "2:8"],
  ["a colon in plain text", "description: a: b\nenabled: true\n", "1:14"],
  ["a key that is deeper than the others", "enabled: true\n   owner: a\n", "1:10"],
  ["an open bracket", "enabled: true\nenvironments: {\n", "2:15"],
  ["an escape that is none", 'description: "\\q"\nenabled: true\n', "1:15"],
  ["a text that begins with @", "description: @team\nenabled: true\n", "1:14"],
  ["a text that begins with a backtick", "description: `x`\nenabled: true\n", "1:14"],
  ["a text that begins with %", "description: %x\nenabled: true\n", "1:14"],
  ["a line that is no pair", "enabled: true\nowner\n", "2:1"],
])("parse() refuses %s at its position", (_what, text, position) => {
  expect(codesIn(text)).toEqual([`${position} invalid-yaml`]);
});

test("parse() reports at most ten errors of a text that is not YAML", () => {
  expect(codesIn("]\n".repeat(30_000)).length).toBeLessThanOrEqual(10);
});

test("parse() reports an alias and a tag, not their values", () => {
  expect(codesIn("enabled: *a\ndescription: !!int 5\n")).toEqual(["1:10 alias", "2:14 tag"]);
});

test("parse() continues after an alias and finds further problems", () => {
  expect(codesIn("enabled: *a\nowner: Team\n")).toEqual(["1:10 alias", "2:8 invalid-owner"]);
});

test("parse() returns the position of each value and key", () => {
  const text = 'enabled: true\n"environments":\n    staging: { enabled: false }\n';
  const { value, offsets } = parse(text);
  expect(value).toEqual({ enabled: true, environments: { staging: { enabled: false } } });
  const offsetsByPointer = [...offsets].map(([pointer, { key, value: at }]) => [
    pointer,
    text.slice(key, key + 4),
    text.slice(at, at + 4),
  ]);
  expect(offsetsByPointer).toEqual([
    ["", "enab", "enab"],
    ["/enabled", "enab", "true"],
    ["/environments", '"env', "stag"],
    ["/environments/staging", "stag", "{ en"],
    ["/environments/staging/enabled", "enab", "fals"],
  ]);
});

test.each([
  ["nothing", "", null],
  ["comments", "# a\n\n# b\n", null],
  ["a null", "~\n", null],
  ["a number", "42\n", 42],
  ["a list", "- a\n- b\n", ["a", "b"]],
  ["what is no YAML", '"', undefined],
])("parse() reads %s", (_what, text, value) => {
  expect(parse(text).value).toEqual(value);
});

test.each([
  [
    "description: Gateway: Enable payments\nenabled: false\n",
    "1:14",
    'description: "Gateway: Enable payments"',
  ],
  ["enabled: false\nmetadata:\n  note: a: b\n", "3:9", 'note: "a: b"'],
  ["enabled: false\ndescription: a: b: c\nowner: x\n", "2:14", 'description: "a: b: c"'],
])("parse() requires quotes around the text of %j, at its position", (text, position, quoted) => {
  const { findings } = parse(text);
  const found = findings.map(({ line, column, hint }) => [`${line}:${column}`, hint]);
  expect(found).toEqual([[position, `put the text in quotes: ${quoted}`]]);
});

test.each([
  ["enabled:true\nowner: x\n", "1:1", 'write "enabled: …"'],
  ["enabled: true\nowner:x\n", "2:1", 'write "owner: …"'],
  ["enabled: true\nrules:\n  - name:x\n    rollout: 5\n", "3:5", 'write "name: …"'],
])("parse() requires a space after the colon of a key of %j", (text, position, fix) => {
  const { findings } = parse(text);
  const found = findings.map(({ line, column, hint }) => [`${line}:${column}`, hint]);
  expect(found).toEqual([[position, fix]]);
});

test.each([
  ['description: "Show a cart\nenabled: true\nowner: a\n', "1:14", '"'],
  ["enabled: true\nowner: 'a\n", "2:8", "'"],
  ['enabled: true\nrules:\n  - name: "\\"x\n', "3:11", '"'],
  ['description: "Show\n  a cart"\nowner: "a\n', "3:8", '"'],
  ["description: 'Show\n  a cart''s total'\nowner: \"a\n", "3:8", '"'],
])("parse() asks for the closing quote at the opening one of %j", (text, position, quote) => {
  const { findings } = parse(text);
  const found = findings.map(({ line, column, message, hint }) => [
    `${line}:${column}`,
    message,
    hint,
  ]);
  const message = `Cannot read the text that begins here: its closing ${quote} is missing`;
  expect(found).toEqual([[position, message, `add ${quote} at the end of the text`]]);
});

test("parse() reports a merge conflict once, at its first line", () => {
  const conflict = "<<<<<<< HEAD\nenabled: true\n=======\nenabled: false\n>>>>>>> other\n";
  const { findings } = parse(`description: a\n${conflict}owner: x\n`);
  expect(findings).toMatchObject([{ line: 2, column: 1, code: "invalid-yaml" }]);
  expect(findings[0]?.message).toBe("Cannot read a file with an unresolved merge conflict");
});
