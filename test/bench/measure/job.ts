import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Costs } from "./cost.ts";

/** Runs a file of `jobs/` in a new process, and returns the costs that it prints. */
export async function runJob(
  job: URL,
  args: readonly (string | number | boolean)[],
  env: Readonly<Record<string, string>> = {},
): Promise<Costs> {
  const { stdout } = await promisify(execFile)(process.execPath, command(job, args), {
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout);
}

/** The arguments to `node` that run a job. */
export function command(job: URL, args: readonly (string | number | boolean)[]): string[] {
  return ["--import", "tsx", fileURLToPath(job), ...args.map(String)];
}
