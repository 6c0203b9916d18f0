/** The server as one file, for tests that start it many times: it is there in half the time. */
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { temporaryDirectory } from "../git/repository.ts";
import { top } from "../scripts/run.ts";

/** What those of its modules that read files find beside it. */
const beside = ["schema", "node_modules", "package.json", "package-lock.json"];

let made: Promise<string> | undefined;

/** Makes it from the sources as they are, once for each file of tests, and returns the program. */
export function bundledServer(): Promise<string> {
  made ??= bundle();
  return made;
}

async function bundle(): Promise<string> {
  const directory = temporaryDirectory();
  for (const name of beside) symlinkSync(path.join(top, name), path.join(directory, name));
  // As deep as the modules that look for these lie.
  mkdirSync(path.join(directory, "server/all"), { recursive: true });
  const program = path.join(directory, "server/all/main.mjs");
  await build({
    entryPoints: [path.join(top, "server", "main.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // Not for these tests, and large.
    external: ["@aws-sdk/*"],
    // For modules written for CommonJS.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  return program;
}
