import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundleProgram } from "../../scripts/package/bundle-program.ts";
import { middle } from "./measure/cost.ts";
import type { Section } from "./measure/figure.ts";
import type { Plan } from "./measure/samples.ts";
import { scratchWith } from "./measure/scratch.ts";

const flags = 26;
/** The maximum time of each command, as a multiple of `node -e 0`. */
const bounds = { command: 4, server: 10 };

/** The time of small commands of the bundled program, and the time until the server answers. */
export async function* commands({ runs, progress }: Plan): AsyncGenerator<Section> {
  const directory = mkdtempSync(path.join(tmpdir(), "bunting-commands-"));
  try {
    await bundleProgram(directory);
    const program = path.join(directory, "bunting.js");
    const clone = path.join(directory, "clone");
    spawnSync("git", ["clone", "--quiet", scratchWith(flags).repository, clone]);
    const cases: Readonly<Record<string, () => number | Promise<number>>> = {
      "floor: node -e 0": () => timeCommand(clone, ["-e", "0"]),
      "bunting --help": () => timeCommand(clone, [program, "--help"]),
      "bunting validate": () => timeCommand(clone, [program, "validate"]),
      "bunting format --check": () => timeCommand(clone, [program, "format", "--check"]),
      "bunting plan": () => timeCommand(clone, [program, "plan"]),
      "bunting start, until it is ready": () => timeServer(clone, program),
    };
    yield { title: `commands, ${flags} flags`, figures: await measure(cases, runs, progress) };
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Runs the cases in turns, so that other work on the machine affects all of them equally. */
async function measure(
  cases: Readonly<Record<string, () => number | Promise<number>>>,
  runs: number,
  progress: (what: string) => void,
) {
  const times = new Map(Object.keys(cases).map((name) => [name, [] as number[]]));
  for (let run = 0; run <= 2 * runs; run++) {
    progress(`commands: run ${run} of ${2 * runs}`);
    for (const [name, time] of Object.entries(cases)) {
      const ms = await time();
      // The first run fills caches: the file system's, and the one of parsed flags.
      if (run > 0) times.get(name)?.push(ms);
    }
  }
  const [floor = Number.NaN] = [...times.values()].map(middle);
  return [...times].map(([name, values], index) => {
    const ms = middle(values);
    const bound = name.includes("start") ? bounds.server : bounds.command;
    const comparison = { unit: "of the floor", value: ms / floor, bound };
    return {
      name: `${name}, ${ms.toFixed(0)} ms`,
      comparisons: index === 0 ? [] : [comparison],
    };
  });
}

function timeCommand(cwd: string, args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot measure "${args.join(" ")}": ${stderr}`);
  return performance.now() - start;
}

/** From the start of the process until it prints its URL. */
async function timeServer(cwd: string, program: string): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [program, "start"], {
    cwd,
    env: { ...process.env, PORT: "0", LOG_LEVEL: "silent" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  await waitForBanner(child);
  const ms = performance.now() - start;
  child.kill("SIGTERM");
  await ended;
  return ms;
}

function waitForBanner(child: ChildProcess): Promise<void> {
  let text = "";
  return new Promise((resolve, reject) => {
    child.stderr?.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      if (text.includes("API ")) resolve();
    });
    child.once("exit", () => reject(new Error(`Cannot measure the server: ${text}`)));
  });
}
