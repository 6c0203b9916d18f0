import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { bundleClient, type Part } from "../../scripts/package/bundle-client.ts";

async function sizeOf(part: Part): Promise<number> {
  return gzipSync(await bundleClient(part), { level: 9 }).length;
}

test("the core is at most 1.5 kB, with React 2 kB, minified and gzipped", async () => {
  const [core, react] = await Promise.all([sizeOf("flags"), sizeOf("react")]);
  expect(core).toBeLessThanOrEqual(1_500);
  expect(core + react).toBeLessThanOrEqual(2_000);
});

test("a page loads nothing beside the core, unless its options ask for it", async () => {
  const text = new TextDecoder().decode(await bundleClient("flags"));
  expect(text.match(/\bimport\b[^;]{0,20}/g)).toEqual([
    expect.stringMatching(/^import\("\.\/extras\.js"\)/),
  ]);
});
