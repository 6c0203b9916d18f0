/// <reference path="setup/provided.d.ts" />
/** Commands that a page of documentation shows in `console` blocks, each with its output. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, inject, vi } from "vitest";

const top = path.resolve(import.meta.dirname, "..");

/** Runs the npm scripts of commands by the program that the tests have bundled, which starts in a fraction of the time. */
const npmFunction = `npm() {
  if [ "$1 $2" != "run --silent" ]; then command npm "$@"; return; fi
  local script=$3; shift 3
  if [ "$1" = -- ]; then shift; fi
  npm_command=run-script npm_lifecycle_event=$script node "$BUNTING_PROGRAM" "$script" "$@"
}`;

export interface Step {
  readonly command: string;
  readonly output: string;
}

/** The steps of a text in Markdown. The lines of a command after the first one begin with `> `. */
export function stepsIn(text: string): Step[] {
  const blocks = [...text.matchAll(/^(`{3,})console\n([\s\S]*?)^\1$/gm)];
  return blocks
    .flatMap(([, , block = ""]) => block.split(/^\$ /m).slice(1))
    .map((step) => {
      const [first = "", ...lines] = step.split("\n");
      const end = lines.findIndex((line) => !line.startsWith("> "));
      const more = lines.slice(0, end).map((line) => line.slice("> ".length));
      return { command: [first, ...more].join("\n"), output: lines.slice(end).join("\n").trim() };
    });
}

/** The part of a text below a heading of the second level. */
export function sectionOf(text: string, heading: string): string {
  return text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
}

/** Replaces values that differ between clones and days. */
export function normalize(text: string): string {
  return text
    .replace(/\b[0-9a-f]{7}\b/g, "COMMIT")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIME")
    .replace(/bnt_[\w-]+/g, "TOKEN")
    .replace(/\bbunting-\d+\.\d+\.\d+\.tgz\b/g, "TARBALL")
    .replace(/^> .*\n/gm, "")
    .trim();
}

/** A clone of this repository, in a directory whose name needs quoting, and a server that it starts. */
export class ShownClone {
  readonly #parent = mkdtempSync(path.join(tmpdir(), "read me, ünd 'run' me "));
  readonly directory = path.join(this.#parent, "a clone");
  readonly #port: number;
  readonly #environment: NodeJS.ProcessEnv;
  /** The directory of the next command: a `cd` also applies to the commands after it. */
  #workingDirectory = this.directory;

  private constructor(port: number) {
    this.#port = port;
    const cloned = spawnSync("git", ["clone", "--quiet", "--no-local", top, this.directory]);
    expect(cloned.stderr.toString()).toBe("");
    symlinkSync(path.join(top, "node_modules"), path.join(this.directory, "node_modules"));
    const person = { NAME: "Reader", EMAIL: "reader@bunting.example" };
    const identity = Object.entries(person).flatMap(([key, value]) =>
      ["AUTHOR", "COMMITTER"].map((role) => [`GIT_${role}_${key}`, value]),
    );
    this.#environment = {
      ...process.env,
      ...Object.fromEntries(identity),
      PORT: String(port),
      BUNTING_PROGRAM: inject("program"),
      NO_COLOR: "1",
      npm_config_loglevel: "error",
      npm_config_offline: "true",
    };
  }

  static async create(): Promise<ShownClone> {
    return new ShownClone(await freePort());
  }

  /** The output of a command, on stdout and stderr, with the ports that pages show. */
  run(command: string): string {
    // Times in git are in whole seconds. The pages assume that two commits have different times.
    if (command.startsWith("git commit")) pauseSync(1_000 - (Date.now() % 1_000));
    const port = this.#port;
    const here = command.replaceAll(":8080", `:${port}`).replaceAll(":8081", `:${port + 1}`);
    const { stdout, stderr, output } = spawnSync(
      "bash",
      ["-c", `trap 'pwd >&3' EXIT\n${npmFunction}\n${here}`],
      {
        cwd: this.#workingDirectory,
        encoding: "utf8",
        env: this.#environment,
        stdio: ["ignore", "pipe", "pipe", "pipe"],
      },
    );
    this.#workingDirectory = output[3]?.trim() || this.#workingDirectory;
    return this.#withShownPorts(stdout + stderr);
  }

  /** Expects the documented output. Retries for a short time, because of work in the background. */
  async check({ command, output }: Step): Promise<void> {
    await vi.waitFor(() => expect(normalize(this.run(command))).toBe(normalize(output)), {
      timeout: 10_000,
      interval: 200,
    });
  }

  /** Runs a server during `work`, which gets the banner. Commands then have its token as `TOKEN`. */
  async whileServing(
    work: (banner: string) => Promise<void>,
    [program, ...args]: readonly [string, ...string[]] = ["npm", "start"],
  ): Promise<void> {
    rmSync(path.join(this.directory, ".data"), { recursive: true, force: true });
    const options = { cwd: this.directory, env: this.#environment, detached: true };
    const server = spawn(program, args, options);
    try {
      let banner = "";
      server.stdout.resume();
      server.stderr.setEncoding("utf8").on("data", (text: string) => {
        banner += text;
      });
      await vi.waitFor(() => expect(banner).toContain("this once"), { timeout: 30_000 });
      this.#environment.TOKEN = /bnt_[\w-]+/.exec(banner)?.[0];
      await work(this.#withShownPorts(banner));
    } finally {
      // Waits until the port is free for the next server.
      const ended = server.exitCode === null ? once(server, "close") : undefined;
      if (ended && server.pid) process.kill(-server.pid, "SIGTERM");
      await ended;
    }
  }

  remove(): void {
    rmSync(this.#parent, { recursive: true, force: true });
  }

  #withShownPorts(text: string): string {
    const port = this.#port;
    return text.replaceAll(`:${port}`, ":8080").replaceAll(`:${port + 1}`, ":8081");
  }
}

function pauseSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** A port that is free, and the next one too. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = await listenBriefly(0);
    if (port < 65_535 && (await listenBriefly(port + 1).catch(() => 0)) > 0) return port;
  }
}

async function listenBriefly(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return taken;
}
