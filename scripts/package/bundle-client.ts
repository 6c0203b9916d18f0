import path from "node:path";
import { build, type Plugin } from "esbuild";

const browserEntries = ["flags", "rules", "memory", "react", "openfeature", "worker"] as const;
const nodeEntries = ["openfeature-server"] as const;
/** The modules that an application imports. Each is one file. */
export const entries = [...browserEntries, ...nodeEntries] as const;
/** The folders of the modules that `flags` and `rules` load only if they are needed. */
const lazyFolders = { extras: "extras", hints: "core", compare: "rules" } as const;
type LazyPart = keyof typeof lazyFolders;
const lazyParts = Object.keys(lazyFolders) as LazyPart[];
/** The modules for pages. */
export const browserParts = [...browserEntries, ...lazyParts] as const;
export const parts = [...entries, ...lazyParts] as const;
export type Part = (typeof parts)[number];

/** The application brings these. */
const peers = ["react", "@openfeature/web-sdk", "@openfeature/server-sdk"];

/** A module of the client, minified, as an ES module or for CommonJS. */
export async function bundleClient(part: Part, format: "esm" | "cjs" = "esm"): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, "../../client", fileOf(part))],
    bundle: true,
    minify: true,
    format,
    // With another platform, esbuild marks no exports for Node's `import` of a CommonJS module.
    platform: format === "cjs" || isNodeEntry(part) ? "node" : "browser",
    target: "es2022",
    external: peers,
    plugins: [keepDynamicImports],
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

/** Keeps dynamic imports as separate files, all in one folder. Splitting would put what both use into a third file. */
const keepDynamicImports: Plugin = {
  name: "keep-dynamic-imports",
  setup({ onResolve }) {
    onResolve({ filter: /^\..*\.ts$/ }, ({ kind, path: imported }) =>
      kind === "dynamic-import"
        ? { path: `./${path.basename(imported, ".ts")}.js`, external: true }
        : undefined,
    );
  },
};

function fileOf(part: Part): string {
  const folder = Object.hasOwn(lazyFolders, part) ? lazyFolders[part as LazyPart] : "";
  return path.join(folder, `${part}.ts`);
}

function isNodeEntry(part: Part): boolean {
  return nodeEntries.some((entry) => entry === part);
}
