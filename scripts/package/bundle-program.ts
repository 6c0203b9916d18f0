import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";
import { parse } from "yaml";
import { compareText } from "../../schema/text/order.ts";
import { precompileSchemas } from "./precompile-schemas.ts";

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
    define: { BUNTING_BUILD_ID: JSON.stringify(hashSources()) },
    plugins: [embedOpenApi, precompileSchemas],
    metafile: true,
    logLevel: "error",
  });
  if (!Object.hasOwn(metafile.inputs, embedded))
    throw new Error(`Cannot embed the OpenAPI document: nothing imports ${documentModule}`);
  return metafile;
}

/** Changes with every source and library of the program: what another build has cached is not used. */
function hashSources(): string {
  const digest = createHash("sha256").update(readFileSync(path.join(top, "package-lock.json")));
  for (const folder of ["schema", "store"]) {
    const options = { recursive: true, encoding: "utf8" } as const;
    const files = readdirSync(path.join(top, folder), options).filter((file) =>
      /\.(?:ts|json)$/.test(file),
    );
    for (const file of files.sort(compareText))
      digest.update(file).update(readFileSync(path.join(top, folder, file)));
  }
  return digest.digest("hex");
}

/** Bundled CommonJS packages call `require()` for Node's own modules. */
const commonJsRequire =
  'import { createRequire as createRequireOfChunk } from "node:module"; const require = createRequireOfChunk(import.meta.url);';

const documentModule = "server/openapi/openapi-document.ts";
const embedded = `embedded:${documentModule}`;

/**
 * Replaces the module that reads `schema/openapi.yaml` by the parsed document, because the package
 * does not contain that file.
 */
const embedOpenApi: Plugin = {
  name: "embed-openapi",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /openapi-document\.ts$/ }, ({ resolveDir, path: imported }) => {
      const isDocumentModule =
        path.resolve(resolveDir, imported) === path.join(top, documentModule);
      return isDocumentModule ? { path: documentModule, namespace: "embedded" } : undefined;
    });
    onLoad({ filter: /.*/, namespace: "embedded" }, () => {
      const document = parse(readFileSync(path.join(top, "schema/openapi.yaml"), "utf8"));
      return { contents: `export const openApiDocument = ${JSON.stringify(document)};` };
    });
  },
};
