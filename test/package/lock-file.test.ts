import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { top } from "../scripts/setup/run.ts";

test("every package of the lock file has a checksum", () => {
  const { packages } = JSON.parse(readFileSync(path.join(top, "package-lock.json"), "utf8"));
  const entries = Object.entries<{ integrity?: string }>(packages);
  const installed = entries.filter(([path]) => path !== "");
  expect(installed.length).toBeGreaterThan(100);
  const unchecked = installed.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ""));
  expect(unchecked.map(([path]) => path)).toEqual([]);
});
