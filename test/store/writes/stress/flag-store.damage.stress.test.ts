/** Problems of the clone: damage, locks of dead processes, a full disk. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { serveOverHttp } from "../../../git/http-remote.ts";
import { TestRepository } from "../../../git/repository.ts";
import {
  begun,
  create,
  dailyTips,
  expectSound,
  flagRemote,
  headOf,
  newClone,
  openStore,
  requestsOf,
  turn,
  write,
} from "../writing.ts";
import { StoreProcess } from "./store-process.ts";

/** Damages a clone. */
const damages: Record<string, (directory: string) => void> = {
  "a truncated pack"(directory) {
    for (const file of filesIn(directory, /\.pack$/)) truncateTo(file, 40);
  },
  "missing objects"(directory) {
    for (const file of filesIn(directory, /^objects\/.*\.(pack|idx)$/)) rmSync(file);
  },
  "empty objects, as after a power failure"(directory) {
    unpack(directory);
    for (const file of filesIn(directory, /^objects\/..\//)) truncateTo(file, 0);
  },
  "no directory"(directory) {
    rmSync(directory, { recursive: true });
  },
  "an empty directory"(directory) {
    rmSync(directory, { recursive: true });
    mkdirSync(directory);
  },
  "no directory above it either"(directory) {
    rmSync(path.dirname(directory), { recursive: true });
  },
  "garbage in its refs"(directory) {
    for (const file of filesIn(directory, /^refs\/bunting\//)) writeFileSync(file, "garbage\n");
  },
  "empty refs"(directory) {
    for (const file of filesIn(directory, /^refs\/bunting\//)) truncateTo(file, 0);
  },
  "no HEAD"(directory) {
    rmSync(path.join(directory, "HEAD"));
  },
  "garbage in its configuration"(directory) {
    writeFileSync(path.join(directory, "config"), "[core\n\0");
  },
};

function filesIn(directory: string, pattern: RegExp): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const found = files
    .filter((file) => pattern.test(file))
    .map((file) => path.join(directory, file));
  expect(found).not.toEqual([]);
  return found;
}

/** Objects are read-only. */
function truncateTo(file: string, length: number): void {
  chmodSync(file, 0o644);
  truncateSync(file, length);
}

function unpack(directory: string): void {
  const clone = new TestRepository(directory);
  const [pack = ""] = filesIn(directory, /\.pack$/);
  const stolen = path.join(path.dirname(directory), "stolen.pack");
  execFileSync("cp", [pack, stolen]);
  for (const file of filesIn(directory, /^objects\/pack\//)) rmSync(file);
  execFileSync("sh", ["-c", `git unpack-objects -q < "${stolen}"`], { cwd: clone.directory });
  rmSync(stolen);
}

/** A store with history that is packed, as it is after some weeks. */
async function setUp(over: "path" | "http" = "path") {
  const flags = flagRemote();
  const remote = await serveOverHttp(flags.bare);
  const store = await openStore(over === "http" ? remote.url : flags.bare);
  for (const enabled of [true, false]) await store.write(write(turn("daily_tips", enabled)));
  const { directory } = store;
  new TestRepository(directory).git("repack", "-a", "-d", "--quiet");
  return { ...flags, remote, human: flags.human, store, directory };
}

/** Expects that all objects of the branch can be read. */
function expectReadable(directory: string): void {
  new TestRepository(directory).git("rev-list", "--objects", "--quiet", "refs/bunting/head");
}

test.each(Object.entries(damages))(
  "write() makes a clone anew that has %s",
  async (_what, damage) => {
    const { bare, store, directory } = await setUp();
    damage(directory);
    const result = await store.write(write(turn("meal_planning", false)));
    expect(result).toMatchObject({ status: "committed", commit: headOf(bare) });
    expect(store.health.unreachable).toBeUndefined();
    expect(requestsOf(bare)).toHaveLength(3);
    expectReadable(directory);
    expectSound(bare);
    expect(readdirSync(path.dirname(directory))).toEqual(["clone.git"]);
  },
);

test.each(Object.entries(damages))(
  "sync() makes a clone anew that has %s",
  async (_what, damage) => {
    const { bare, human, store, directory } = await setUp();
    damage(directory);
    const theirs = human.publish({ [dailyTips]: "description: Show two tips\nenabled: true\n" });
    await store.sync();
    expect(store.current?.snapshot.commit).toBe(theirs);
    expect(store.health.unreachable).toBeUndefined();
    await store.write(write(turn("meal_planning", false)));
    expectReadable(directory);
    expectSound(bare);
  },
);

test.each(Object.entries(damages))(
  "open() makes a clone anew that has %s",
  async (_what, damage) => {
    const { bare, store, directory } = await setUp();
    await store.close();
    damage(directory);
    const next = await openStore(bare, { directory });
    expect(next.current?.snapshot.commit).toBe(headOf(bare));
    expect(await next.write(write(create("streaks")))).toMatchObject({ status: "committed" });
    expectReadable(directory);
    expectSound(bare);
  },
);

test.each(["missing objects", "no directory"])(
  "write() stops at a rewound branch though its clone has %s",
  async (what) => {
    const { bare, human, store, directory } = await setUp();
    human.pull();
    human.force(human.git("rev-parse", "HEAD~1"));
    const rewound = headOf(bare);
    damages[what]?.(directory);
    await expect(store.write(write(turn("daily_tips", true)))).rejects.toThrow("Cannot follow");
    await store.sync();
    expect(store.health.stopped).toContain('Cannot follow "main"');
    expect(headOf(bare)).toBe(rewound);
  },
);

test("open() stops at a rewound branch, even if its clone lacks objects", async () => {
  const { bare, human, store, directory } = await setUp();
  await store.close();
  human.pull();
  human.force(human.git("rev-parse", "HEAD~1"));
  const rewound = headOf(bare);
  damages["missing objects"]?.(directory);
  const next = await openStore(bare, { directory });
  expect(next.health.stopped).toContain('Cannot follow "main"');
  await expect(next.write(write(turn("daily_tips", true)))).rejects.toThrow("Cannot follow");
  expect(headOf(bare)).toBe(rewound);
});

test("write() and sync() do not discard a damaged clone while the remote is gone", async () => {
  const { bare, directory, remote, store: earlier } = await setUp("http");
  await earlier.close();
  const store = await openStore(remote.url, { directory, writeTimeoutMs: 300 });
  await remote.stop();
  damages["a truncated pack"]?.(directory);
  const refused = store.write(write(turn("daily_tips", true)));
  await expect(refused).rejects.toMatchObject({ name: "WriteUnavailableError" });
  await store.sync();
  expect(store.health.unreachable).toContain("Cannot reach the remote");
  expect(store.current?.snapshot.commit).toBe(headOf(bare));
  expect(existsSync(path.join(directory, "HEAD"))).toBe(true);
  await remote.start();
  expect(await store.write(write(turn("daily_tips", true)))).toMatchObject({ status: "committed" });
  expectSound(bare, store);
});

test("open() accepts a damaged clone without a remote, and serves once the remote is back", async () => {
  const { bare, directory, remote, store } = await setUp("http");
  await store.close();
  await remote.stop();
  damages["a truncated pack"]?.(directory);
  const next = await openStore(remote.url, { directory });
  expect(next.current).toBeUndefined();
  await remote.start();
  await next.sync();
  expect(next.current?.snapshot.commit).toBe(headOf(bare));
});

test("open() records the last valid commit in a new clone", async () => {
  const { bare, human, store, directory } = await setUp();
  const valid = headOf(bare);
  human.publish({ [dailyTips]: "enabled: yes\n" });
  await store.sync();
  damages["missing objects"]?.(directory);
  human.publish({ "README.md": "Still not valid\n" });
  await store.sync();
  expectSound(store);
  const next = await openStore(bare, { directory });
  expect(next.current?.snapshot.commit).toBe(valid);
});

const locks = [
  "index.lock",
  "HEAD.lock",
  "config.lock",
  "packed-refs.lock",
  "shallow.lock",
  "objects/maintenance.lock",
  "refs/bunting/head.lock",
  "refs/bunting/valid.lock",
  "refs/bunting/fetched-0a1b2c3d.lock",
  "refs/bunting/pending.lock",
];

function leaveLocks(directory: string): void {
  for (const lock of locks) writeFileSync(path.join(directory, lock), "");
}

function locksIn(directory: string): string[] {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".lock"));
}

test("open() clears the locks of processes that are gone", async () => {
  const { bare, store, directory } = await setUp();
  await store.close();
  leaveLocks(directory);
  const next = await openStore(bare, { directory });
  expect(locksIn(directory)).toEqual([]);
  expect(await next.write(write(create("streaks")))).toMatchObject({ status: "committed" });
});

test("write() and sync() are not blocked by locks", async () => {
  const { bare, human, store, directory } = await setUp();
  leaveLocks(directory);
  expect(await store.write(write(create("streaks")))).toMatchObject({ status: "committed" });
  leaveLocks(directory);
  const theirs = human.publish({ "README.md": "Flags!\n" }, begun + 100);
  await store.sync();
  expect(store.current?.snapshot.commit).toBe(theirs);
  const next = await openStore(bare, { directory });
  expect(next.health.stopped).toBeUndefined();
  expectSound(bare, store);
});

test("open() removes an unfinished clone of a killed process", async () => {
  const directory = newClone();
  for (const leftover of ["clone.git.new", "clone.git.old"]) {
    mkdirSync(path.join(path.dirname(directory), leftover, "objects"), { recursive: true });
  }
  const { bare } = flagRemote();
  await openStore(bare, { directory });
  expect(readdirSync(path.dirname(directory))).toEqual(["clone.git"]);
});

/** How many bytes a process and its children may write to one file; pipes and sockets do not count. */
function limitFiles({ pid }: StoreProcess, bytes: number | "unlimited"): void {
  execFileSync("prlimit", ["--pid", `${pid}`, `--fsize=${bytes}:`]);
}

test("write() fails on a full disk, reads continue, and both work when there is space", async () => {
  const { bare, human } = flagRemote();
  const store = await StoreProcess.start(bare);
  limitFiles(store, 0);
  const before = headOf(bare);
  const refused = store.write(write(turn("daily_tips", true)));
  await expect(refused).rejects.toMatchObject({
    name: "WriteUnavailableError",
    message: "Cannot write: the clone of the flags cannot be used",
  });
  const theirs = human.publish({ [dailyTips]: "description: Show two tips\nenabled: true\n" });
  const state = await store.sync();
  expect(state.commit).toBe(before);
  expect(state.flags).toHaveLength(2);
  expect(state.health.unreachable).toContain("Cannot");
  const again = store.write(write(turn("daily_tips", true)));
  await expect(again).rejects.toMatchObject({ name: "WriteUnavailableError" });

  limitFiles(store, "unlimited");
  const result = await store.write(write(turn("meal_planning", false)));
  expect(result).toMatchObject({ status: "committed", commit: headOf(bare) });
  expect(bare.git("rev-parse", "main~1")).toBe(theirs);
  expect((await store.state()).health.unreachable).toBeUndefined();
  expectSound(bare, store);
});
