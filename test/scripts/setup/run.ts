/** Commands as a user runs them, in the directory of a clone. */
/// <reference path="../../setup/provided.d.ts" />
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inject } from "vitest";
import {
  sharedDirectory,
  type TestRepository,
  temporaryDirectory,
  testRepository,
} from "../../git/repository.ts";
import { type CommandResult, runCommand } from "./command-runner.ts";

export type { CommandResult };

interface WorkingDirectory {
  /** The current directory. */
  readonly in: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Options extends WorkingDirectory {
  readonly umask?: string;
  /** False if its stdout is not read. */
  readonly readsStdout?: boolean;
}

/** The directory of the project's own files. */
export const top = fileURLToPath(new URL("../../../", import.meta.url));

/** The options with which Node reads TypeScript. */
export const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** Only `PATH` and the like: no other variables of the user who runs the tests. */
export const bareEnvironment = {
  PATH: process.env.PATH ?? "",
  HOME: sharedDirectory(),
  npm_config_update_notifier: "false",
};

/** `bunting NAME ARGS`, in a process that has run commands before. */
export function runScript(
  name: string,
  args: readonly string[],
  where: WorkingDirectory,
): Promise<CommandResult> {
  const { in: cwd, env = {} } = where;
  const request = { program: inject("program"), args: [name, ...args], cwd };
  return runCommand({ ...request, env: { ...bareEnvironment, ...env } });
}

/** As `runScript()`, in a process of its own. */
export function startScript(name: string, args: readonly string[], where: Options): Running {
  return start([process.execPath, inject("program"), name, ...args], where);
}

/** A development tool, `scripts/dev/NAME.ts`. */
export function runDevelopmentTool(name: string, args: readonly string[], where: Options) {
  const script = path.join(top, "scripts/dev", `${name}.ts`);
  return start([process.execPath, "--import", loader, script, ...args], where).ended;
}

/** `npm ARGS`, by npm itself. */
export function runNpm(args: readonly string[], where: Options): Promise<CommandResult> {
  return start(["npm", ...args], where).ended;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandResult>;
}

function start(command: readonly string[], where: Options): Running {
  const { in: cwd, env = {}, umask, readsStdout = true } = where;
  const shell = ["sh", "-c", 'umask $0; exec "$@"', `${umask}`];
  const [program = "", ...args] = umask === undefined ? command : [...shell, ...command];
  const child = spawn(program, args, {
    cwd,
    env: { ...bareEnvironment, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (!readsStdout) child.stdout.destroy();
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      output[stream] += text;
    });
  }
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
  return { child, ended };
}

/** A repository with flags of its own and this project's code, for npm's scripts. */
export function testCheckout(): TestRepository {
  const repository = testRepository();
  const own = ["server", "scripts", "store", "node_modules"];
  for (const name of own) symlinkSync(path.join(top, name), path.join(repository.directory, name));
  // These are generated from the bunting.yaml of the checkout.
  const generated = ["flag.schema.json", "bunting.schema.json"];
  mkdirSync(path.join(repository.directory, "schema"));
  for (const name of readdirSync(path.join(top, "schema"))) {
    const file = path.join("schema", name);
    if (!generated.includes(name))
      symlinkSync(path.join(top, file), path.join(repository.directory, file));
  }
  copyFileSync(path.join(top, "package.json"), path.join(repository.directory, "package.json"));
  repository.write({ ".git/info/exclude": `${own.join("\n")}\nschema\npackage.json\n` });
  return repository;
}

/** Every file below `directory`, by name, with the result of `read`. */
export function filesIn<T>(directory: string, read: (file: string) => T): Record<string, T> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  return Object.fromEntries(files.map((file) => [path.relative(directory, file), read(file)]));
}

/** A new directory of this name, in a new temporary directory. */
export function directoryNamed(name: string): string {
  const directory = path.join(temporaryDirectory(), name);
  mkdirSync(directory);
  return directory;
}
