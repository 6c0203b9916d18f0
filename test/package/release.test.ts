/** `npm run release -- --dry-run`, and the bill of materials that it writes. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../git/repository.ts";
import { runNpm, top } from "../scripts/run.ts";

const { version } = JSON.parse(readFileSync(path.join(top, "package.json"), "utf8"));
const release = (...args: string[]) =>
  runNpm(["run", "--silent", "release", "--", "--skip-tests", ...args], { in: top });

test("a dry run packs, and lists exactly what is in the bundle", async () => {
  const out = path.join(temporaryDirectory(), "release");
  const { code, stdout } = await release("--dry-run", "--out", out);
  expect(stdout).toMatch(new RegExp(`^Would publish bunting ${version}: .*, \\d+ kB\\n$`));
  expect(code).toBe(0);
  expect(readdirSync(out).sort()).toEqual([
    `bunting-${version}.cdx.json`,
    `bunting-${version}.tgz`,
  ]);
  const bom = JSON.parse(readFileSync(path.join(out, `bunting-${version}.cdx.json`), "utf8"));
  expect(bom.bomFormat).toBe("CycloneDX");
  const names = bom.components.map((component: { name: string }) => component.name);
  expect(names).toEqual(expect.arrayContaining(["express", "@aws-sdk/client-s3", "yaml"]));
  expect(names).not.toContain("vitest");
});

test("refuses a tag of another version", async () => {
  const { code, stderr } = await release("--tag", "v0.0.1");
  expect(stderr).toContain(`Cannot release "v0.0.1": package.json has the version ${version}`);
  expect(code).toBe(2);
});
