import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import type { Manifest } from "../../../schema/compile/manifest.ts";

/**
 * The manifest of the release in `directory`, once every file has been read back against it and
 * no other file exists. Shares no code with the product.
 */
export function readCheckedRelease(directory: string): Manifest {
  const manifest: Manifest = JSON.parse(
    readFileSync(path.join(directory, "manifest.json"), "utf8"),
  );
  const files = new Map(manifest.responses.map(({ path: url, ...sums }) => [fileOf(url), sums]));
  const broken = [...files].filter(([file, { md5, sha256, length }]) => {
    const bytes = readFileSync(path.join(directory, file));
    return bytes.length !== length || sum("md5", bytes) !== md5 || sum("sha256", bytes) !== sha256;
  });
  expect(broken).toEqual([]);

  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const unexpected = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .filter((file) => !files.has(file) && file !== "manifest.json");
  expect(unexpected).toEqual([]);
  return manifest;
}

function sum(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest("hex");
}

/** `/v1/feature-flags/` is in `v1/feature-flags/index.json`, `/errors/404.json` has its own name. */
function fileOf(url: string): string {
  if (url.endsWith(".json")) return url.slice(1);
  return `${url.slice(1)}${url.endsWith("/") ? "index" : ""}.json`;
}
