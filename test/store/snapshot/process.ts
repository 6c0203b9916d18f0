import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import type { Reading } from "../../../store/snapshot/repository.ts";
import { sharedDirectory } from "../../git/repository.ts";

const script = fileURLToPath(new URL("./read.ts", import.meta.url));

export interface ProcessReading {
  /** The distinct results: one if all are equal. */
  readonly readings: readonly Reading[];
  /** Maximum memory of the process, in megabytes. */
  readonly memory: number;
}

export interface ProcessOptions {
  /** How often it reads, each time without memory of the last time. */
  readonly times?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Identifies the build of the program, as the bundler does. */
  readonly buildId?: string;
}

/** Reads a commit in a process of its own. */
export async function readInProcess(
  directory: string,
  commit: string,
  { times = 1, env = {}, buildId = "a build" }: ProcessOptions = {},
): Promise<ProcessReading> {
  bundled ??= bundle();
  const args = [await bundled, directory, commit, `${times}`];
  const variables = { ...process.env, ...env, BUILD_ID: buildId };
  const options = { env: variables, maxBuffer: 2 ** 28 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  const lines: unknown[] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const kilobytes = lines.pop() as number;
  return { readings: lines as Reading[], memory: kilobytes / 1024 };
}

let bundled: Promise<string> | undefined;

async function bundle(): Promise<string> {
  const outfile = path.join(sharedDirectory(), "read.mjs");
  const requires =
    'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
  await build({
    entryPoints: [script],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    define: { BUNTING_BUILD_ID: "process.env.BUILD_ID" },
    banner: { js: requires },
    logLevel: "error",
  });
  return outfile;
}
