import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { entries } from "./bundle-client.ts";

interface Declarations {
  /** Relative to the client: `flags.d.ts`, `schema/evaluate/context.d.ts`. */
  readonly file: string;
  readonly text: string;
}

const top = path.join(import.meta.dirname, "../..");

/** The type declarations of the client's public modules, and of every module that these refer to. */
export function declareClient(): Declarations[] {
  const made = mkdtempSync(path.join(tmpdir(), "bunting-types-"));
  try {
    const compiler = path.join(top, "node_modules/.bin/tsc");
    const options = ["--noEmit", "false", "--declaration", "--emitDeclarationOnly"];
    const directories = ["--rootDir", top, "--outDir", made];
    for (const project of ["client", "client/provider"]) {
      execFileSync(compiler, ["-p", path.join(top, project), ...options, ...directories], {
        stdio: ["ignore", 2, 2],
      });
    }
    const found = new Map<string, string>();
    for (const entry of entries) collect(made, `client/${entry}.d.ts`, found);
    return [...found].map(([file, text]) => ({ file: publishedPathOf(file), text }));
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** The same declarations for CommonJS: TypeScript expects `.d.cts` beside `.cjs`. */
export function forCommonJs({ file, text }: Declarations): Declarations {
  return {
    file: file.replace(/\.d\.ts$/, ".d.cts"),
    text: text.replace(relativeImport, (_, before, specifier, after) => {
      return `${before}${specifier.replace(/\.js$/, ".cjs")}${after}`;
    }),
  };
}

const relativeImport = /(\bfrom "|\bimport\(")(\.[^"]+)(")/g;

function collect(directory: string, file: string, found: Map<string, string>): void {
  if (found.has(file)) return;
  found.set(file, "");
  const text = readFileSync(path.join(directory, file), "utf8");
  const imported: string[] = [];
  const rewritten = text.replace(relativeImport, (_, before, specifier, after) => {
    const target = path.posix.join(path.posix.dirname(file), specifier.replace(/\.ts$/, ".d.ts"));
    imported.push(target);
    const relative = path.posix.relative(
      path.posix.dirname(publishedPathOf(file)),
      publishedPathOf(target),
    );
    const shown = relative.startsWith(".") ? relative : `./${relative}`;
    return `${before}${shown.replace(/\.d\.ts$/, ".js")}${after}`;
  });
  found.set(file, rewritten);
  for (const target of imported) collect(directory, target, found);
}

function publishedPathOf(file: string): string {
  return file.replace(/^client\//, "");
}
