import fs, { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { hostname } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { holdLock } from "../../../store/locks/hold-lock.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import { until } from "../../server/setup/api.ts";

const other = { pid: 7, host: "another-host", id: "other", since: "2026-01-01T00:00:00Z" };
const times = { refreshMs: 20, staleMs: 400 };
const neverLost = (holder: string) => expect.unreachable(`lost to ${holder}`);

function newLock(content?: string): string {
  const file = path.join(temporaryDirectory(), "lock");
  if (content !== undefined) writeFileSync(file, content);
  return file;
}

function isHeldByThisProcess(file: string): boolean {
  return JSON.parse(readFileSync(file, "utf8")).pid === process.pid;
}

test("holdLock() refuses a lock whose holder refreshes it, and names the holder", async () => {
  const file = newLock();
  const release = await holdLock(file, { ...times, onLost: neverLost });
  const waited: string[] = [];
  const onWait = (holder: string) => waited.push(holder);
  const holder = `process ${process.pid} on ${hostname()} (since `;
  await expect(holdLock(file, { ...times, onWait, onLost: neverLost })).rejects.toThrow(
    `Cannot use "${path.dirname(file)}": ${holder}`,
  );
  expect(waited).toEqual([expect.stringContaining(holder)]);
  release();
  expect(readdirSync(path.dirname(file))).toEqual([]);
  (await holdLock(file, { ...times, onLost: neverLost }))();
});

test.each([
  ["of a dead process on this host", JSON.stringify({ ...other, host: hostname(), pid: 2 ** 22 })],
  [
    "of an earlier process with its own id",
    JSON.stringify({ ...other, host: hostname(), pid: process.pid }),
  ],
])("holdLock() takes over the lock %s at once", async (_whose, content) => {
  const file = newLock(content);
  const release = await holdLock(file, { onLost: neverLost });
  expect(isHeldByThisProcess(file)).toBe(true);
  release();
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

test.each([
  ["of another host", JSON.stringify(other)],
  [
    "of a living process that is not its holder",
    JSON.stringify({ ...other, host: hostname(), pid: process.ppid }),
  ],
  ["that a power failure left empty", ""],
])("holdLock() takes over a lock %s if nobody refreshes it", async (_whose, content) => {
  const file = newLock(content);
  const startedMs = performance.now();
  const release = await holdLock(file, { ...times, onLost: neverLost });
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(times.staleMs);
  expect(isHeldByThisProcess(file)).toBe(true);
  release();
});

test("holdLock() reports once that another process took the lock over, and leaves that lock alone", async () => {
  const file = newLock();
  const lost: string[] = [];
  const release = await holdLock(file, { ...times, onLost: (holder) => lost.push(holder) });
  writeFileSync(file, JSON.stringify(other));
  await until(() => lost.length > 0);
  release();
  expect(lost).toEqual(["process 7 on another-host (since 2026-01-01T00:00:00Z)"]);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(other);
});

test("holdLock() makes its lock again after somebody deleted it", async () => {
  const file = newLock();
  const release = await holdLock(file, { ...times, onLost: neverLost });
  rmSync(file);
  await until(() => readdirSync(path.dirname(file)).length > 0);
  expect(isHeldByThisProcess(file)).toBe(true);
  release();
});

test("holdLock() keeps others out on a file system without hard links", async () => {
  const { linkSync } = fs;
  fs.linkSync = () => {
    throw Object.assign(new Error("no hard links"), { code: "EPERM" });
  };
  syncBuiltinESMExports();
  try {
    const file = newLock();
    const release = await holdLock(file, { ...times, onLost: neverLost });
    const second = holdLock(file, { ...times, onLost: neverLost });
    await expect(second).rejects.toThrow(`process ${process.pid} on `);
    release();
    expect(readdirSync(path.dirname(file))).toEqual([]);
  } finally {
    fs.linkSync = linkSync;
    syncBuiltinESMExports();
  }
});

test("holdLock() keeps its lock while the lock cannot be read, for example because too many files are open", async () => {
  const file = newLock();
  const release = await holdLock(file, { ...times, onLost: neverLost });
  const { readFileSync: read } = fs;
  let failures = 0;
  fs.readFileSync = ((...args: Parameters<typeof read>) => {
    if (args[0] !== file) return read(...args);
    failures += 1;
    throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
  }) as typeof read;
  syncBuiltinESMExports();
  try {
    await until(() => failures > 2);
  } finally {
    fs.readFileSync = read;
    syncBuiltinESMExports();
  }
  expect(isHeldByThisProcess(file)).toBe(true);
  release();
  expect(readdirSync(path.dirname(file))).toEqual([]);
});

test("holdLock() says what to delete if another host stopped while it took over a lock", async () => {
  const file = newLock(JSON.stringify({ ...other, host: hostname(), pid: 2 ** 22 }));
  writeFileSync(`${file}.${other.id}`, JSON.stringify(other));
  await expect(holdLock(file, { ...times, onLost: neverLost })).rejects.toThrow(
    `if no server works there, delete "${file}" and the files "${file}.*"`,
  );
});
