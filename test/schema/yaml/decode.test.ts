import { expect, test } from "vitest";
import { decodeFile, maxFileBytes } from "../../../schema/yaml/decode.ts";
import { codesIn, problemsOf } from "../codes-in.ts";

const flag = "enabled: true\n";

test("decodeFile() accepts a file of 64 KiB", () => {
  const text = flag + "#".repeat(maxFileBytes - flag.length);
  expect(codesIn(text)).toEqual([]);
});

test.each([
  ["one byte more than 64 KiB", flag + "#".repeat(maxFileBytes - flag.length + 1)],
  ["64 Ki characters of two bytes", `${flag}#${"é".repeat(maxFileBytes / 2)}`],
  ["100,000 keys", Array.from({ length: 100_000 }, (_, i) => `key_${i}: ${i}\n`).join("")],
  ["100 MB", new Uint8Array(100_000_000)],
])("decodeFile() refuses %s by its size alone", (_what, text) => {
  expect(codesIn(text)).toEqual(["1:1 too-large"]);
});

test.each([
  ["a byte of Latin-1", [..."enabled: true # cr", 0xe8, ..."me\n"], "1:19"],
  ["a letter cut off at the end", [..."enabled: true\n# caf", 0xc3], "2:6"],
  ["an overlong slash", [..."enabled: true # ", 0xc0, 0xaf], "1:17"],
  ["a surrogate written as UTF-8", [..."enabled: true # ", 0xed, 0xa0, 0x80], "1:17"],
  ["a broken byte after a replacement character", [..."# \uFFFD\n# \uFFFD", 0xff], "2:4"],
  ["a broken byte after an emoji", [..."# 🍲", 0xff], "1:5"],
  ["UTF-16 with a byte order mark", [0xff, 0xfe, 0x65, 0x00], "1:1"],
  ["UTF-16 of the other kind", [0xfe, 0xff, 0x00, 0x65], "1:1"],
])("decodeFile() refuses %s", (_what, parts, position) => {
  expect(codesIn(bytes(parts))).toEqual([`${position} invalid-utf8`]);
});

test("decodeFile() refuses a replacement character", () => {
  expect(codesIn("enabled: true # \uFFFD\n")).toEqual(["1:17 invisible-character"]);
});

test("decodeFile() refuses UTF-16 without a byte order mark because of its NUL bytes", () => {
  expect(codesIn(Buffer.from("enabled: true\n", "utf16le"))).toEqual(["1:2 control-character"]);
});

test.each([
  ["NUL", "enabled: true # \0\n", "1:17"],
  ["escape", "enabled: true\nowner: a\x1b[2J\n", "2:9"],
  ["delete", "enabled: true\n\x7f\n", "2:1"],
  ["next line, of C1", "enabled: true # \u0085\n", "1:17"],
  ["form feed", "enabled: true\n\f\n", "2:1"],
])("decodeFile() refuses the control character %s", (_what, text, position) => {
  expect(codesIn(text)).toEqual([`${position} control-character`]);
});

test.each([
  ["right-to-left override", "\u202e"],
  ["left-to-right isolate", "\u2066"],
  ["zero-width space", "\u200b"],
  ["zero-width joiner", "\u200d"],
  ["soft hyphen", "\u00ad"],
  ["byte order mark further on", "\ufeff"],
  ["line separator", "\u2028"],
  ["paragraph separator", "\u2029"],
  ["Hangul filler", "\u3164"],
  ["tag letter", "\u{e0041}"],
  ["language tag", "\u{e0001}"],
  ["combining grapheme joiner", "\u034f"],
  ["variation selector", "\ufe00"],
  ["variation selector for emoji", "\ufe0f"],
  ["supplementary variation selector", "\u{e0100}"],
  ["private-use character", "\ue000"],
  ["supplementary private-use character", "\u{f0000}"],
  ["replacement character", "\ufffd"],
  ["noncharacter", "\ufdd0"],
  ["blank Braille pattern", "\u2800"],
  ["em space", "\u2003"],
])("decodeFile() refuses the invisible character %s", (_what, character) => {
  expect(codesIn(`enabled: true\n# a${character}b\n`)).toEqual(["2:4 invisible-character"]);
});

test("decodeFile() names the invisible character", () => {
  const [problem] = problemsOf("enabled: true # \u202e\n");
  expect(problem?.message).toBe("Cannot read the invisible character U+202E");
});

test.each([
  ["carriage returns before line feeds", "enabled: true\r\nowner: a\r\n", "1:14 carriage-return"],
  ["a byte order mark", "\uFEFFenabled: true\n", "1:1 byte-order-mark"],
  ["letters with accents apart", "enabled: true\n# cre\u0300me\n", "2:5 not-normalized"],
  ["a ligature that NFC takes apart", "enabled: true # \ufb2a\n", "1:17 not-normalized"],
  ["an ångström sign", "enabled: true # 5 \u212b\n", "1:19 not-normalized"],
])("decodeFile() suggests the formatter for %s", (_what, text, problem) => {
  expect(codesIn(text)).toEqual([problem]);
  expect(problemsOf(text).map(({ hint }) => hint)).toEqual(["run: bunting format"]);
});

test("decodeFile() refuses more than 30 accents on one letter", () => {
  expect(codesIn(`enabled: true # a${"\u0316\u0301".repeat(20)}\n`)).toEqual([
    "1:18 not-normalized",
  ]);
});

test.each([
  ["alone", "enabled: true\nenvironments:\n\tstaging:\n", "3:1"],
  ["after spaces", "enabled: true\nenvironments:\n  \tstaging:\n", "3:3"],
  ["before a comment", "enabled: true\n\t# why\n", "2:1"],
  ["on a line without more", "enabled: true\n \t\n", "2:2"],
  ["on the first line", "\tenabled: true\n", "1:1"],
])("decodeFile() refuses a tab as indentation, %s", (_what, text, position) => {
  expect(codesIn(text)).toEqual([`${position} tab-indentation`]);
});

test("decodeFile() accepts a tab inside a line", () => {
  expect(codesIn("enabled:\ttrue\t# why\tnot\n")).toEqual([]);
});

test("decodeFile() reports every kind of character at once", () => {
  const text = "\uFEFFenabled: true\r\n# \u200b\n# \0\n\towner: a\n";
  const codes = decodeFile(new TextEncoder().encode(text)).findings.map(({ code }) => code);
  expect(codes).toEqual([
    "byte-order-mark",
    "carriage-return",
    "control-character",
    "invisible-character",
    "tab-indentation",
  ]);
});

test.each([
  ["control-character", '"a\\0b"'],
  ["control-character", '"a\\eb"'],
  ["control-character", '"a\\rb"'],
  ["control-character", '"a\\x85b"'],
  ["invisible-character", '"a\\u202eb"'],
  ["invisible-character", '"a\\u200Bb"'],
  ["invisible-character", '"a\\Lb"'],
  ["invisible-character", '"a\\U000E0041b"'],
  ["invisible-character", '"a\\ud83cb"'],
])("checkFlag() refuses a %s that an escape spells: %s", (code, description) => {
  expect(codesIn(`enabled: true\ndescription: ${description}\n`)).toEqual([`2:14 ${code}`]);
});

function bytes(parts: readonly (string | number)[]): Uint8Array {
  return Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from([part]))),
  );
}
