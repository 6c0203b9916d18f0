import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Reading } from "../../../store/snapshot/repository.ts";

const here = fileURLToPath(new URL("../../../", import.meta.url));
const script = path.relative(here, fileURLToPath(new URL("./read.ts", import.meta.url)));

export interface ProcessReading {
  /** Those that differ: one, where all is well. */
  readonly readings: readonly Reading[];
  /** What the process needed at most, in megabytes. */
  readonly memory: number;
}

export interface ProcessOptions {
  /** How often it reads, each time as if it had just started. */
  readonly times?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Where its code is: a copy of this checkout. */
  readonly top?: string;
}

/** Reads a commit in a process of its own. */
export async function readInProcess(
  directory: string,
  commit: string,
  { times = 1, env = {}, top = here }: ProcessOptions = {},
): Promise<ProcessReading> {
  const args = ["--import", "tsx", script, directory, commit, `${times}`];
  const options = { cwd: top, env: { ...process.env, ...env }, maxBuffer: 2 ** 28 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  const lines: unknown[] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const kilobytes = lines.pop() as number;
  return { readings: lines as Reading[], memory: kilobytes / 1024 };
}
