/**
 * Test programs as plain JavaScript: Node starts them in a fifth of the time that it takes to start
 * TypeScript through `tsx`.
 */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { sharedDirectory } from "../git/repository.ts";

const bundles = new Map<string, string>();

/**
 * Bundles the module at `url` and everything that it imports, once per process of Vitest, and returns the bundle's path.
 *
 * @example
 *     fork(bundleModule(new URL("./worker.ts", import.meta.url)), [directory]);
 */
export function bundleModule(url: URL): string {
  const entry = fileURLToPath(url);
  const known = bundles.get(entry);
  if (known !== undefined) return known;
  const outfile = path.join(sharedDirectory(), `${path.basename(entry, ".ts")}.mjs`);
  buildSync({
    ...{ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm" },
    // Stack traces name the TypeScript source.
    sourcemap: "inline",
    banner: { js: commonJsRequire },
    logLevel: "error",
  });
  bundles.set(entry, outfile);
  return outfile;
}

/** Bundled CommonJS packages call `require()` for Node's own modules. */
const commonJsRequire =
  'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);';
