import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { bundleClient, type Part } from "../../scripts/package/bundle-client.ts";

async function sizeOf(part: Part): Promise<number> {
  return gzipSync(await bundleClient(part), { level: 9 }).length;
}

test("the core is at most 2,000 bytes, with React 2,500, minified and gzipped", async () => {
  const [core, react] = await Promise.all([sizeOf("flags"), sizeOf("react")]);
  expect(core).toBeLessThanOrEqual(2_000);
  expect(core + react).toBeLessThanOrEqual(2_500);
});

test("rules, with the evaluator, add at most 1,600 bytes to the core", async () => {
  const [core, rules] = await Promise.all([sizeOf("flags"), sizeOf("rules")]);
  expect(rules - core).toBeLessThanOrEqual(1_600);
});

test("comparisons, loaded on demand, are at most 515 bytes", async () => {
  expect(await sizeOf("compare")).toBeLessThanOrEqual(515);
});

test.each([
  ["flags", ['import("./extras.js")', 'import("./hints.js")']],
  ["rules", ['import("./compare.js")', 'import("./extras.js")', 'import("./hints.js")']],
] as const)("a page with %s loads other modules only on demand", async (part, expected) => {
  const text = new TextDecoder().decode(await bundleClient(part));
  const imports = [...text.matchAll(/\bimport\b[^;)]*\)?/g)].map(([found]) => found).sort();
  expect(imports).toEqual(expected);
});
