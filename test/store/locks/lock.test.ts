import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { withLock } from "../../../store/locks/lock.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import { Overlap } from "../../overlap.ts";
import { bundleModule } from "../../setup/bundle-module.ts";

const long = 50_000;

function newLock(): string {
  return path.join(temporaryDirectory(), "lock");
}

test("withLock() returns the result of the work, and removes the lock", async () => {
  const file = newLock();
  const held = await withLock(file, long, async () => JSON.parse(readFileSync(file, "utf8")));
  expect(held).toMatchObject({ pid: process.pid, host: hostname() });
  await expect(withLock(file, long, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

test("withLock() lets living processes take turns", async () => {
  const file = newLock();
  const overlap = new Overlap();
  const turns = Array.from({ length: 8 }, () => withLock(file, long, () => overlap.enter()));
  await Promise.all(turns);
  expect(overlap.most).toBe(1);
});

test("withLock() fails if a living process keeps the lock, and names it", async () => {
  const file = newLock();
  const end = new EventEmitter();
  const holding = withLock(file, long, () => once(end, "end"));
  const { since } = JSON.parse(readFileSync(file, "utf8"));
  const cure = `if that process is gone, delete "${file}"`;
  await expect(withLock(file, 100, async () => {})).rejects.toThrow(
    `Cannot lock "${file}": process ${process.pid} on ${hostname()} (since ${since}) holds it; ${cure}`,
  );
  expect(existsSync(file)).toBe(true);
  end.emit("end");
  await holding;
});

test.each([
  ["who is on another host", JSON.stringify({ pid: 999_999_999, host: "elsewhere", id: "1" })],
  ["who left no name", "{"],
])("withLock() respects a lock %s", async (_who, content) => {
  const file = newLock();
  writeFileSync(file, content);
  await expect(withLock(file, 100, async () => {})).rejects.toThrow(`Cannot lock "${file}"`);
  expect(readFileSync(file, "utf8")).toBe(content);
  expect(readdirSync(path.dirname(file))).toEqual(["lock"]);
});

test("withLock() reports why the lock cannot be created", async () => {
  const file = path.join(newLock(), "lock");
  await expect(withLock(file, long, async () => {})).rejects.toThrow(
    `Cannot lock "${file}": ENOENT`,
  );
});

test("withLock() takes over from a killed process, also if that was taking over", async () => {
  const file = newLock();
  const pid = await deadProcess();
  const dead = { pid, host: hostname(), id: "dead" };
  writeFileSync(file, JSON.stringify(dead));
  writeFileSync(`${file}.dead`, JSON.stringify({ ...dead, id: "claimant" }));
  expect(await withLock(file, long, async () => "done")).toBe("done");
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

test("withLock() takes over from a dead process that had its own id, as in a container", async () => {
  const file = newLock();
  const dead = { pid: process.pid, host: hostname(), id: "dead" };
  writeFileSync(file, JSON.stringify(dead));
  writeFileSync(`${file}.dead`, JSON.stringify({ ...dead, id: "claimant" }));
  expect(await withLock(file, 1_000, async () => "done")).toBe("done");
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

test("withLock() admits one process at a time while holders are killed", async () => {
  const file = newLock();
  const lines: string[] = [];
  const workers = new Set<Worker>();
  const start = () => {
    const started = startWorker(file, 15, (line) => {
      lines.push(line);
      // It is killed while it holds the lock, or just before.
      if (lines.length % 12 === 0 && lines.length <= 48) started.child.kill("SIGKILL");
    });
    workers.add(started);
    return started;
  };
  for (let count = 0; count < 6; count++) start();
  await Promise.all([...workers].map(({ ended }) => ended));
  const deaths = [...workers].filter(({ child }) => child.signalCode === "SIGKILL").length;
  process.stderr.write(`lock: ${lines.length} times taken by 6 processes, ${deaths} killed\n`);
  expect(new Set(lines)).toEqual(new Set(["alone"]));
  expect(deaths).toBeGreaterThan(1);
  expect(await withLock(file, long, async () => "done")).toBe("done");
});

interface Worker {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
}

function startWorker(file: string, times: number, onLine: (line: string) => void): Worker {
  const worker = bundleModule(new URL("./lock-worker.ts", import.meta.url));
  const child = spawn(process.execPath, [worker, file, `${times}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface(child.stdout).on("line", onLine);
  return { child, ended: once(child, "close") };
}

/** The id of a process that has ended. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}
