import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundleModule } from "../setup/bundle-module.ts";
import { startDaemon } from "./daemon.ts";
import { freePort } from "./port.ts";

let folder: string;
let port: number;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "daemon-"));
  port = await freePort();
});
afterEach(() => rm(folder, { recursive: true }));

function listener(): [string, ...string[]] {
  return [process.execPath, "-e", `require("node:net").createServer().listen(${port})`];
}

function connects(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket.destroy() && undefined));
    socket.once("error", reject);
  });
}

const isDown = () =>
  connects().then(
    () => false,
    () => true,
  );

test("startDaemon() starts a program, and stop() ends it", async () => {
  const daemon = startDaemon(path.join(folder, "log"), listener());
  await daemon.ready(connects);
  await daemon.stop();
  await expect.poll(isDown).toBe(true);
});

test("ready() rejects with a program's output if it ends too early", async () => {
  const daemon = startDaemon(path.join(folder, "log"), ["sh", "-c", "echo No disk >&2; exit 3"]);
  await expect(daemon.ready(connects)).rejects.toThrow('Cannot use "sh": it has ended: No disk');
  await daemon.stop();
});

test("startDaemon() starts a program that ends if its starter is killed with kill -9", async () => {
  const module = JSON.stringify(bundleModule(new URL("./daemon.ts", import.meta.url)));
  const log = JSON.stringify(path.join(folder, "log"));
  const script = `
    import { startDaemon } from ${module};
    startDaemon(${log}, ${JSON.stringify(listener())});
    setInterval(() => {}, 1000);
  `;
  const args = ["--input-type=module", "-e", script];
  const starter = spawn(process.execPath, args, { stdio: "inherit" });
  await expect.poll(connects, { timeout: 30_000 }).toBe(undefined);
  starter.kill("SIGKILL");
  await expect.poll(isDown, { timeout: 30_000 }).toBe(true);
});
