import path from "node:path";
import { build, type Plugin } from "esbuild";

/** What a frontend may take, each a file that stands alone; `flags` loads `extras` when its options ask for that. */
export const parts = ["flags", "extras", "memory", "react", "openfeature", "worker"] as const;
export type Part = (typeof parts)[number];

/** Of which the application brings its own. */
const peers = ["react", "@openfeature/web-sdk"];

/** A part of the client as one minified ES module. */
export async function bundleClient(part: Part): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, `../client/${part}.ts`)],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: peers,
    plugins: [extrasApart],
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

/** Leaves `import("./extras.ts")` as it is. Splitting would put what both use into a third file. */
const extrasApart: Plugin = {
  name: "extras-apart",
  setup({ onResolve }) {
    onResolve({ filter: /\/extras\.ts$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: "./extras.js", external: true } : undefined,
    );
  },
};
