/**
 * Runs commands of `bunting` one after the other in this process: see `command-runner.ts`. Starting Node and
 * loading the program takes longer than most commands.
 */
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";

export interface CommandRequest {
  /** The file of `bunting`. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

let runs = 0;

process.on("message", async (request: CommandRequest) => process.send?.(await run(request)));
process.on("disconnect", () => process.exit());

async function run({ program, args, cwd, env }: CommandRequest) {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv = [process.execPath, program, ...args];
  process.exitCode = undefined;
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    process[stream].isTTY = false;
    process[stream].write = (text: string | Uint8Array) => {
      output[stream] += typeof text === "string" ? text : Buffer.from(text).toString();
      return true;
    };
  }
  const resources = process.getActiveResourcesInfo().length;
  // Another URL runs the module again. The modules that it imports stay loaded.
  runs += 1;
  await import(`${pathToFileURL(program)}?run=${runs}`);
  // In a process of its own, the command would run until these resources are released.
  while (process.getActiveResourcesInfo().length > resources) await wait(1);
  process.stdout.removeAllListeners("error");
  process.chdir("/");
  return { code: process.exitCode ?? 0, ...output };
}
