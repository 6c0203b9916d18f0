/**
 * Checking any text takes linear time. Times are compared with each other, so that a slow machine does
 * not fail the test.
 */
import { expect, test } from "vitest";
import { parseFlagFile } from "../../../schema/file/parsed-file.ts";
import { checkName } from "../../../schema/flag/name.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { findCredentials, findPersonalData } from "../../../schema/text/personal-data.ts";
import { format } from "../../../schema/yaml/edit.ts";
import { processorTimeMs } from "../../setup/processor-time.ts";

/** Half of the maximum of a file: enough to measure, in half the time. */
const whole = 32_768;

/** In milliseconds: shorter times are harmless, and too inexact to compare. */
const short = 20;

const structure = [
  ...["[", "]", "{", "[],\n", "- ", "- a\n", "? ", "?\n", ": ", "a: a\n", "'", '"', '\\"', "- '\n"],
  ...[
    '- "\\\n',
    "|\n",
    "a: |\n b\n",
    "#\n",
    " #",
    "---\n",
    "%A b\n",
    "\n",
    "\r",
    "!a ",
    "- &a b\n",
  ],
  ...["*a ", "<<: *a\n", "  ", "\t", " \t", "\0", "\u200b", "\uFEFF", "\u0301\u0316", "🍲"],
];

const prose = [
  ...["'", '"', "\\", " ", " \t", "a ", ":", "-", "1", "1 ", "1-", "1.", "+1", "(555) ", "555-"],
  ...[
    "078-05-",
    "@",
    "a@",
    "a@b.",
    "a@b-",
    ".",
    "_",
    "é",
    "eyJ",
    "-eyJ",
    ".eyJ",
    "eyJaaaaa.",
    "AKIA",
  ],
  ...["ghp_", "github_pat_", "glpat-", "xoxb-", "sk_live_", "AIza", "-----BEGIN ", "-----BEGIN A"],
  ...["\u0301\u0316", "\u202e"],
];

test.each(structure)("parseFlagFile() checks %j, again and again, in linear time", (unit) => {
  expectLinear((size) => parseFlagFile(bytes(fill("", unit, size)), defaultProject));
});

test.each(prose)("parseFlagFile() checks a comment of %j in linear time", (unit) => {
  expectLinear((size) =>
    parseFlagFile(bytes(`enabled: true\n${fill("# é ", unit, size)}`), defaultProject),
  );
});

test.each(prose)("findPersonalData() and findCredentials() read %j in linear time", (unit) => {
  expectLinear((size) => findPersonalData(fill("1@", unit, size)));
  expectLinear((size) => findCredentials(fill("----- ", unit, size)));
});

test.each([
  ["distinct keys", (i: number) => `key_${i}: ${i}\n`],
  ["keys that are nearly known", (i: number) => `enabled${i}: true\n`],
  ["keys with comments", (i: number) => `# ${i}\n\nk${i}: a # a\n`],
  ["keys with the same start", (i: number) => `${"a".repeat(60)}${i}: 1\n`],
  ["environments", (i: number) => `${i === 0 ? "environments:\n" : ""}  s${i}: a\n`],
  ["keys in flow style", (i: number) => `${i === 0 ? "{" : ""}k${i}: [a],`],
  ["lines, each a space deeper", (i: number) => `${" ".repeat(i % 300)}- a\n`],
])("parseFlagFile() checks thousands of %s in linear time", (_what, line) => {
  expectLinear((size) => parseFlagFile(bytes(lines(size, line)), defaultProject));
});

test("parseFlagFile() checks thousands of accents in linear time", () => {
  const half = (size: number, accent: string) => accent.repeat(size / 4);
  expectLinear((size) =>
    parseFlagFile(bytes(`# a${half(size, "\u0301")}${half(size, "\u0316")}`), defaultProject),
  );
});

test("format() lays out a file of comments and blank lines in linear time", () => {
  expectLinear((size) => format(`enabled: true\n${lines(size, (i) => `# ${i}\n\n\n`)}`));
});

test.each([["a_"], ["feature_"], ["1"], ["1_"], ["A"], ["-"], ["a@b."], ["4111_"], ["é"], ["::"]])(
  "checkName() checks a long name of %s in linear time",
  (unit) => {
    expectLinear((size) => checkName(`a/${fill("", unit, size)}!.yaml`, defaultProject));
  },
);

/** Fails if four times the text takes more than ten times as long. Quadratic time would be sixteen times. */
function expectLinear(run: (size: number) => unknown): void {
  const measure = (size: number) => processorTimeMs(() => run(size));
  const ratios: number[] = [];
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const time = measure(whole);
    if (time < short) return;
    const ratio = time / measure(whole / 4);
    if (ratio < 10) return;
    ratios.push(ratio);
  }
  expect.fail(`Four times the text takes ${ratios.map(Math.round).join(", ")} times as long`);
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

function fill(before: string, unit: string, size: number): string {
  return before + unit.repeat(Math.ceil(size / Buffer.byteLength(unit)));
}

function lines(size: number, line: (i: number) => string): string {
  let text = "";
  for (let i = 0; text.length < size; i += 1) text += line(i);
  return text;
}
