/** Processes that run one command after the other. They end with this process. */
import { type ChildProcess, fork } from "node:child_process";
import { bundleModule } from "../../setup/bundle-module.ts";
import type { CommandRequest } from "./command-process.ts";

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Tests of one file run commands at the same time. */
const maxProcesses = 2;

interface Runner {
  child: ChildProcess | undefined;
  /** Number of commands that have not ended. */
  pending: number;
  last: Promise<unknown>;
}

const runners: readonly Runner[] = Array.from({ length: maxProcesses }, () => ({
  child: undefined,
  pending: 0,
  last: Promise.resolve(),
}));

/** Runs a command after the earlier commands of its process. */
export async function runCommand(request: CommandRequest): Promise<CommandResult> {
  const least = Math.min(...runners.map(({ pending }) => pending));
  const runner = runners.find(({ pending }) => pending === least) as Runner;
  runner.pending += 1;
  const ran = runner.last.then(() => runIn(runner, request));
  runner.last = ran.catch(() => undefined);
  try {
    return await ran;
  } finally {
    runner.pending -= 1;
  }
}

function runIn(runner: Runner, request: CommandRequest): Promise<CommandResult> {
  runner.child ??= startProcess();
  const { child } = runner;
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => {
      runner.child = undefined;
      reject(new Error(`Cannot run "${request.args.join(" ")}": its process ended with ${code}`));
    };
    child.once("exit", onExit);
    child.once("message", (ran: CommandResult) => {
      child.off("exit", onExit);
      resolve(ran);
    });
    child.send(request);
  });
}

function startProcess(): ChildProcess {
  const child = fork(bundleModule(new URL("./command-process.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: [],
  });
  child.unref();
  child.channel?.unref();
  return child;
}
