#!/usr/bin/env node
/** `bunting`: the one program over all commands. */
import { runCommand } from "./command/run-command.ts";
import { note } from "./command/stderr.ts";
import { findNodeVersionError, version } from "./command/version.ts";
import { describeUnknown, formatCommandList, loadCommand } from "./commands.ts";

process.exitCode = await run(process.argv.slice(2));

async function run([name = "--help", ...args]: string[]): Promise<0 | 1 | 2> {
  if (name === "--help" || name === "-h" || (name === "help" && args[0] === undefined)) {
    process.stdout.write(formatCommandList());
    return 0;
  }
  if (name === "--version" || name === "-V") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (name === "help") return run([args[0] ?? "", "--help"]);
  const nodeError = findNodeVersionError(process.versions.node);
  if (nodeError !== undefined) {
    note(nodeError);
    return 2;
  }
  const command = await loadCommand(name);
  if (command) return runCommand(command, args);
  note(describeUnknown(name));
  return 2;
}
