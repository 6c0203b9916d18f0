import { readFileSync } from "node:fs";
import path from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { parse } from "yaml";

const top = path.join(import.meta.dirname, "../..");

/**
 * Bundles `bunting` and everything that it imports into `out`: `bunting.js`, and chunks that a command
 * loads when it needs them. Returns which source files are in which chunk.
 */
export async function bundleProgram(out: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: top,
    entryPoints: ["scripts/bunting.ts"],
    outdir: out,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    // Stack traces keep the names of functions.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    banner: { js: commonJsRequire },
    plugins: [embedOpenApi],
    metafile: true,
    logLevel: "error",
  });
  return metafile;
}

/** Bundled CommonJS packages call `require()` for Node's own modules. */
const commonJsRequire =
  'import { createRequire as createRequireOfChunk } from "node:module"; const require = createRequireOfChunk(import.meta.url);';

/** Replaces the module that reads `schema/openapi.yaml` by the parsed document. */
const embedOpenApi: Plugin = {
  name: "embed-openapi",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]server[\\/]http[\\/]openapi-document\.ts$/ }, () => {
      const document = parse(readFileSync(path.join(top, "schema/openapi.yaml"), "utf8"));
      return { contents: `export const openApiDocument = ${JSON.stringify(document)};` };
    });
  },
};
