import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const testCommand = "npm ci && npm test";
const readme = readFileSync(path.join(root, "README.md"), "utf8");

interface Step {
  readonly command: string;
  readonly output: string;
}

/** The commands of a section's console blocks, each with the output that is shown below it. */
function stepsOf(section: string): Step[] {
  const text = readme.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? "";
  const blocks = [...text.matchAll(/^```console\n([\s\S]*?)^```/gm)].map(([, block = ""]) => block);
  return blocks
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((step) => {
      const [command = "", ...output] = step.split("\n");
      return { command, output: output.join("\n").trim() };
    });
}

/** What differs from one clone, and one day, to the next. */
function normalize(text: string): string {
  return text
    .replace(/\b[0-9a-f]{7}\b/g, "COMMIT")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "TIME")
    .replace(/bnt_[\w-]+/g, "TOKEN")
    .replace(/^> .*\n/gm, "")
    .trim();
}

describe("README", () => {
  let parent = "";
  let clone = "";
  let port = 0;
  let environment: NodeJS.ProcessEnv = {};

  beforeAll(async () => {
    parent = mkdtempSync(path.join(tmpdir(), "read me, ünd 'run' me "));
    clone = path.join(parent, "a clone");
    const cloned = spawnSync("git", ["clone", "--quiet", "--no-local", root, clone]);
    expect(cloned.stderr.toString()).toBe("");
    symlinkSync(path.join(root, "node_modules"), path.join(clone, "node_modules"));
    port = await freePort();
    const person = { NAME: "Reader", EMAIL: "reader@bunting.example" };
    const identity = Object.entries(person).flatMap(([key, value]) =>
      ["AUTHOR", "COMMITTER"].map((role) => [`GIT_${role}_${key}`, value]),
    );
    environment = {
      ...process.env,
      ...Object.fromEntries(identity),
      PORT: String(port),
      NO_COLOR: "1",
      npm_config_loglevel: "error",
    };
  });

  afterAll(() => rmSync(parent, { recursive: true, force: true }));

  function run(command: string): string {
    const here = command.replaceAll(":8080", `:${port}`).replaceAll(":8081", `:${port + 1}`);
    const options = { cwd: clone, encoding: "utf8", env: environment } as const;
    const { stdout, stderr } = spawnSync("bash", ["-c", here], options);
    return withShownPorts(normalize(stdout + stderr));
  }

  test("the test command is what CI runs", () => {
    expect(stepsOf("Two commands").map(({ command }) => command)).toContain(testCommand);
    expect(readFileSync(path.join(root, ".ci/run"), "utf8")).toContain(`\n${testCommand}\n`);
  });

  test("Two commands: npm start, a change and what comes of it", async () => {
    const [start, ...steps] = stepsOf("Two commands").filter(
      ({ command }) => command !== testCommand,
    );
    expect(start?.command).toBe("npm ci && npm start");
    expect(steps.length).toBeGreaterThan(2);
    await whileServing(async (banner) => {
      expect(normalize(banner)).toBe(normalize(start?.output ?? ""));
      for (const step of steps.filter(({ command }) => !command.startsWith("export ")))
        await check(step);
    });
  });

  for (const section of ["Flip a flag", "Roll out a feature", "Publishing", "Operations"]) {
    for (const [index, { command, output }] of stepsOf(section).entries()) {
      test(`${section}, step ${index + 1}: ${command}`, () => {
        expect(run(command)).toBe(normalize(output));
      });
    }
  }

  test("API: errors look as shown", async () => {
    await whileServing(async () => {
      for (const step of stepsOf("API")) await check(step);
    });
  });

  test("every npm script is in the table of commands, or part of one that is", () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    const known = Object.keys(scripts).filter((name) => !/:|^pre/.test(name));
    const missing = known.filter((name) => !new RegExp(`npm (run )?${name}\\b`).test(readme));
    expect(missing).toEqual([]);
  });

  test("every package that the product imports is in the table that says why", () => {
    const files = ["schema", "store", "server", "scripts"].flatMap((room) =>
      readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !/^(?:dev|package)\//.test(file))
        .map((file) => readFileSync(path.join(root, room, file), "utf8")),
    );
    const imports = files.flatMap((text) => [
      ...text.matchAll(/\bfrom "((?:@[\w-]+\/)?[\w-]+)|\bimport\("((?:@[\w-]+\/)?[\w-]+)/g),
    ]);
    const names = new Set(
      imports.map(([, a, b]) => a ?? b ?? "").filter((name) => name !== "node"),
    );
    expect(names).toContain("express");
    expect([...names].filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
  });

  /** What happens in the background gets a moment. */
  async function check({ command, output }: Step): Promise<void> {
    await vi.waitFor(() => expect(run(command)).toBe(normalize(output)), {
      timeout: 10_000,
      interval: 200,
    });
  }

  async function whileServing(work: (banner: string) => Promise<void>): Promise<void> {
    rmSync(path.join(clone, ".data"), { recursive: true, force: true });
    const server = spawn("npm", ["start"], { cwd: clone, env: environment, detached: true });
    try {
      let banner = "";
      server.stdout.resume();
      server.stderr.setEncoding("utf8").on("data", (text: string) => {
        banner += text;
      });
      await vi.waitFor(() => expect(banner).toContain("this once"), { timeout: 30_000 });
      environment.TOKEN = /bnt_[\w-]+/.exec(banner)?.[0];
      await work(withShownPorts(banner));
    } finally {
      // The next server needs its port.
      const ended = server.exitCode === null ? once(server, "close") : undefined;
      if (ended && server.pid) process.kill(-server.pid, "SIGTERM");
      await ended;
    }
  }

  function withShownPorts(text: string): string {
    return text.replaceAll(`:${port}`, ":8080").replaceAll(`:${port + 1}`, ":8081");
  }
});

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
