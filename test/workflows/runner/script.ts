/** A `run:` step, by the real bash. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseFile } from "./commands.ts";

export interface JobDirectories {
  readonly workspace: string;
  readonly temporary: string;
}

export interface ScriptResult {
  readonly code: number | null;
  /** stdout and stderr, in order. */
  readonly log: string;
  readonly outputs: Record<string, string>;
  readonly exported: Record<string, string>;
  /** Directories that the script adds to PATH. */
  readonly paths: readonly string[];
  readonly summary: string;
}

/** The options with which GitHub calls bash: if the shell is named, a pipe fails if any part of it fails. */
const shells: Readonly<Record<string, readonly string[]>> = {
  bash: ["--noprofile", "--norc", "-eo", "pipefail"],
  "": ["-e"],
};

/** Longer than any step takes on a busy machine, in milliseconds. */
const timeoutMs = 150_000;

export async function runScript(
  script: string,
  shell = "",
  env: Readonly<Record<string, string>>,
  directories: JobDirectories,
): Promise<ScriptResult> {
  const options = shells[shell];
  if (!options) throw new Error(`Cannot run this step: the runner knows no shell "${shell}"`);
  const file = (name: string) => path.join(directories.temporary, `${name}-${id}`);
  const id = randomUUID();
  const files = {
    GITHUB_OUTPUT: file("output"),
    GITHUB_ENV: file("env"),
    GITHUB_STEP_SUMMARY: file("summary"),
    GITHUB_PATH: file("path"),
  };
  writeFileSync(file("script"), script);
  const child = spawn("bash", [...options, file("script")], {
    cwd: directories.workspace,
    env: { ...env, ...files, RUNNER_TEMP: directories.temporary },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
  });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const read = (name: string) => (existsSync(name) ? readFileSync(name, "utf8") : "");
  return {
    ...{ code, log },
    outputs: parseFile(read(files.GITHUB_OUTPUT)),
    exported: parseFile(read(files.GITHUB_ENV)),
    paths: read(files.GITHUB_PATH).split("\n").filter(Boolean),
    summary: read(files.GITHUB_STEP_SUMMARY),
  };
}
