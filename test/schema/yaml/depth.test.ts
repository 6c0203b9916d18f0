import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "../../../schema/yaml/parse.ts";
import { bundleModule } from "../../setup/bundle-module.ts";
import { codesIn } from "../codes-in.ts";
import { broken, deep } from "../file/deep.ts";

test("parse() refuses deep nesting twice in one process", async () => {
  const program = bundleModule(new URL("../file/deep.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const found = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(found.filter(([name]) => name in deep)).toEqual(
    Object.keys(deep).map((name) => [name, ["too-deep"], ["too-deep"]]),
  );
  expect(found.filter(([name]) => name in broken)).toEqual(
    Object.keys(broken).map((name) => [name, ["invalid-yaml"], ["invalid-yaml"]]),
  );
});

test("parse() refuses the 33rd level, at its start", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  expect(codesIn(`enabled: true\nowner: ${nested(31)}\n`)).toEqual(["2:8 wrong-type"]);
  expect(codesIn(`enabled: true\nowner: ${nested(32)}\n`)).toEqual(["2:39 too-deep"]);
  expect(codesIn("- ".repeat(33))).toEqual(["1:65 too-deep"]);
});

test.each([
  ["a ruler of dashes in a comment", `# ${"- ".repeat(100)}\n`],
  ["colons in a comment", `# ${"a: ".repeat(100)}\n`],
  ["brackets in a comment", `# ${"[".repeat(1000)}\n`],
  ["dashes in a description", `description: a ${"- ".repeat(200)}b\n`],
  ["brackets in a description", `description: "${"[".repeat(500)}"\n`],
  ["quotes and brackets in a description", `description: '${`"[''{`.repeat(83)}'\n`],
  ["braces in block text", `description: |-\n  ${"{".repeat(400)}\n`],
])("parse() reads %s as text", (_what, line) => {
  expect(codesIn(`${line}enabled: true\n`)).toEqual([]);
});

test("parse() returns no deep value, for any text", () => {
  const piece = fc.constantFrom(
    ...["- ", "? ", ": ", "a: ", "a:\n", '"a":', "<<: ", "[a]: ", "{}: ", "[", "{", "]", "}", ","],
    ...['"', "'", "#", "# ", "\n", "\n  ", "\n    ", "|\n", ">\n", "&a ", "!t ", "*a ", "\r", "\t"],
    ...["---\n", "...\n", "%", "\\", "a", " "],
  );
  const some = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
  const stairs = fc.record({ before: some, unit: some, step: fc.nat({ max: 3 }) });
  const check = ({ before, unit, step }: { before: string; unit: string; step: number }) => {
    const lines = Array.from({ length: 100 }, (_, i) =>
      unit.replaceAll("\n", `\n${" ".repeat(i * step)}`),
    );
    expect(depthOf(parse(before + lines.join("")).value)).toBeLessThan(64);
  };
  fc.assert(fc.property(stairs, check), { numRuns: 200 });
});

/** Without recursion, because the value may be deep. */
function depthOf(value: unknown): number {
  let depth = 0;
  let level = [value];
  while (level.length > 0) {
    depth += 1;
    level = level.flatMap((item) => (typeof item === "object" && item ? Object.values(item) : []));
  }
  return depth;
}
