import { renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import { type Fault, faults, type HttpRemote, serveOverHttp } from "../../git/http-remote.ts";
import { TestRepository } from "../../git/repository.ts";
import {
  dailyTips,
  eventually,
  expectSound,
  flagRemote,
  flagsOf,
  headOf,
  idempotency,
  newClone,
  openStore,
  requestsOf,
  turn,
  write,
} from "./writing.ts";

const every = Object.keys(faults) as Fault[];
/** Faults that stop an operation, or lose its answer. */
const failing = every.filter((fault) => fault !== "slow");
/** One fault of each kind: an invalid response, no response, no connection. */
const kinds = ["unavailable", "hang", "drop"] as const;
const ALWAYS = Number.POSITIVE_INFINITY;

/** Short if the remote hangs, otherwise long enough for a busy machine. */
function timeoutMsFor(fault: Fault): number {
  return fault === "hang" ? 4_000 : 20_000;
}

async function setUp(
  fault: Fault,
  writeTimeoutMs = 15_000,
  timeoutMs: number = timeoutMsFor(fault),
) {
  const flags = flagRemote();
  const remote = await serveOverHttp(flags.bare);
  const store = await openStore(remote.url, { timeoutMs, writeTimeoutMs });
  return { flags, bare: flags.bare, remote, store };
}

async function expectRefusal(store: FlagStore, message: string, within: number): Promise<void> {
  const started = Date.now();
  const refused = store.write(write(turn("meal_planning", false)));
  await expect(refused).rejects.toMatchObject({ name: "WriteUnavailableError", message });
  expect(Date.now() - started).toBeLessThan(within);
}

/** A write succeeds, and the branch has its commit once. */
async function expectWrite(store: FlagStore, bare: TestRepository, enabled = true): Promise<void> {
  const before = requestsOf(bare).length;
  const wanted = write(turn("daily_tips", enabled));
  const result = await store.write(wanted);
  expect(result).toMatchObject({ status: "committed", commit: headOf(bare) });
  expect(requestsOf(bare).slice(before)).toEqual([wanted.requestId]);
}

/** Reads work during any fault of the remote. */
function expectReads(store: FlagStore): void {
  const names = store.current?.snapshot.flags.map(({ name }) => name);
  expect(names).toEqual(["daily_tips", "meal_planning"]);
}

test.concurrent.each(every)('write() outlives one "%s" when it pushes', async (fault) => {
  const { bare, remote, store } = await setUp(fault, 60_000, 10_000);
  remote.fail("push", fault);
  await expectWrite(store, bare);
  expectSound(bare, store);
});

test.concurrent.each(every)('write() succeeds after one "%s" of a fetch', async (fault) => {
  const { flags, bare, remote, store } = await setUp(fault, 60_000, 10_000);
  const theirs = flags.human.publish({ "flags/growth/streaks.yaml": "enabled: true\n" });
  remote.fail("fetch", fault);
  await expectWrite(store, bare);
  expect(bare.git("rev-parse", "main~1")).toBe(theirs);
  expectSound(bare, store);
});

test.concurrent.each(kinds)(
  'write() finds its commit after a lost answer and one "%s"',
  async (fault) => {
    const { bare, remote, store } = await setUp(fault);
    remote.fail("push", "drop-after");
    remote.fail("fetch", fault, 2);
    await expectWrite(store, bare);
    expectSound(bare, store);
  },
);

/** A remote that answers 403 declines the push: see below. */
const lasting = failing.filter((fault) => fault !== "drop-after" && fault !== "refuse");

test.concurrent.each(lasting)(
  'write() fails during a lasting "%s" of pushes, and succeeds afterwards',
  async (fault) => {
    const { bare, remote, store } = await setUp(fault, 500);
    remote.fail("push", fault, ALWAYS);
    await expectRefusal(store, "Cannot write: the remote did not accept the commit", 20_000);
    expectReads(store);
    remote.heal();
    await expectWrite(store, bare);
    expect(requestsOf(bare)).toHaveLength(1);
    expectSound(bare, store);
  },
);

test.concurrent.each(failing.filter((fault) => fault !== "refuse"))(
  'write() fails during a lasting "%s" of all requests, and succeeds afterwards',
  async (fault) => {
    const { bare, remote, store } = await setUp(fault, 500);
    remote.fail("fetch", fault, ALWAYS);
    remote.fail("push", fault === "drop-after" ? "drop" : fault, ALWAYS);
    const unknown = "Cannot tell whether the change was made: the remote does not answer";
    await expectRefusal(store, unknown, 20_000);
    expectReads(store);
    expect(store.health.unreachable).toContain("Cannot reach the remote: ");
    await expectRefusal(store, "Cannot write: the remote does not answer", 10_000);
    remote.heal();
    await expectWrite(store, bare);
    expect(store.health.unreachable).toBeUndefined();
    expect(requestsOf(bare)).toHaveLength(1);
    expectSound(bare, store);
  },
);

test.concurrent("write() fails if the remote is gone, and succeeds when it is back", async () => {
  const { bare, remote, store } = await setUp("drop", 500);
  await remote.stop();
  await expect(store.write(write(turn("daily_tips", true)))).rejects.toThrow("Cannot tell whether");
  expectReads(store);
  await remote.start();
  await expectWrite(store, bare);
  expectSound(bare, store);
});

test.concurrent("write() acknowledges a commit whose push had no answer, once a fetch shows it", async () => {
  const { bare, remote, store } = await setUp("drop");
  remote.fail("push", "drop-after");
  remote.fail("fetch", "unavailable", ALWAYS);
  const written = store.write(write(turn("daily_tips", true)));
  await eventually(() => requestsOf(bare).length, 1);
  await eventually(() => store.health.unreachable !== undefined);
  remote.heal();
  expect(await written).toMatchObject({ status: "committed", commit: headOf(bare) });
});

type Setup = Awaited<ReturnType<typeof setUp>>;

function addHook({ bare }: Pick<Setup, "bare">, words: string): () => void {
  const hook = path.join(bare.directory, "hooks", "pre-receive");
  writeFileSync(hook, `#!/bin/sh\necho '${words}' >&2\nexit 1\n`, { mode: 0o755 });
  return () => rmSync(hook);
}

const protectedBranch =
  "error: GH006: Protected branch update failed for refs/heads/main. Changes must be made through a pull request.";

/** Reasons for which a remote declines a push: how to cause them, and the message for the client. */
const declines: Record<string, [decline: (setup: Setup) => () => void, words: string]> = {
  "is protected": [
    (setup) => addHook(setup, protectedBranch),
    "pre-receive hook declined; GH006: Protected branch update failed for refs/heads/main. Changes must be made through a pull request.; let the server's account bypass the rules of this branch",
  ],
  "has a hook": [
    (setup) => addHook(setup, "not on a Friday"),
    "pre-receive hook declined; not on a Friday",
  ],
  "may only be read": [
    ({ remote }) => {
      remote.fail("push", "refuse", ALWAYS);
      return () => remote.heal();
    },
    "HTTP 403; give the server's credentials write access",
  ],
  "is checked out": [
    ({ bare }) => {
      bare.git("config", "core.bare", "false");
      return () => bare.git("config", "core.bare", "true");
    },
    "use a bare repository, or set receive.denyCurrentBranch",
  ],
};

test.concurrent.each(Object.entries(declines))(
  "write() says at once why a branch that %s declines it, and recovers by itself",
  async (_what, [decline, words]) => {
    const setup = await setUp("drop");
    const { bare, store } = setup;
    const reasons: string[] = [];
    store.onDecline.add((reason) => reasons.push(reason));
    const accept = decline(setup);
    const refused = await store.write(write(turn("meal_planning", false))).catch((error) => error);
    expect(refused).toMatchObject({ name: "WriteDeclinedError" });
    expect(refused.message).toContain("Cannot write: the remote declines it: ");
    expect(refused.message).toContain(words);
    expect(refused.message).not.toContain("s3cret");
    expect(store.health.declined).toContain(words);
    expect(reasons).toEqual([store.health.declined]);
    await store.sync();
    expect(store.health.declined).toContain(words);
    expectReads(store);
    accept();
    await expectWrite(store, bare);
    expect(store.health.declined).toBeUndefined();
  },
);

test.concurrent("write() to a path that times out leaves no lock on the remote", async () => {
  const { bare } = flagRemote();
  const store = await openStore(bare, { timeoutMs: timeoutMsFor("hang"), writeTimeoutMs: 500 });
  const hook = path.join(bare.directory, "hooks", "reference-transaction");
  // While it runs, the branch is locked.
  const text = '#!/bin/sh\nif [ "$1" = prepared ]; then sleep 60; fi\n';
  writeFileSync(hook, text, { mode: 0o755 });
  await expectRefusal(store, "Cannot write: the remote did not accept the commit", 60_000);
  rmSync(hook);
  await expectWrite(store, bare);
  expectSound(bare, store);
});

test.concurrent("write() without an answer may be sent again with its key, and is done once", async () => {
  const { bare, remote, store } = await setUp("drop", 0);
  const keyed = write(turn("daily_tips", true), { idempotency: idempotency(1) });
  remote.fail("push", "drop-after");
  remote.fail("fetch", "drop", ALWAYS);
  await expect(store.write(keyed)).rejects.toThrow("Cannot tell whether");
  remote.heal();
  expect(await store.write(keyed)).toEqual({ status: "repeated", commit: headOf(bare) });
  expect(requestsOf(bare)).toHaveLength(1);
});

test.concurrent("write() that changes nothing needs the newest head; a refusal does not", async () => {
  const { flags, remote, store } = await setUp("drop", 3_000);
  flags.human.publish({ [dailyTips]: "description: Show a tip a day\nenabled: true\n" });
  remote.fail("fetch", "refuse", ALWAYS);
  const asItIs = turn("daily_tips", false);
  await expect(store.write(write(asItIs))).rejects.toThrow(
    "Cannot write: the remote does not answer",
  );
  const missing = write(turn("no_such_flag", false));
  expect(await store.write(missing)).toEqual({ status: "not-found" });
  remote.heal();
  expect(await store.write(write(asItIs))).toMatchObject({ status: "committed" });
});

test.concurrent.each(kinds)(
  'sync() reports a "%s", continues to serve, and catches up afterwards',
  async (fault) => {
    const { flags, bare, remote, store } = await setUp(fault);
    const theirs = flags.human.publish({ "flags/growth/streaks.yaml": "enabled: true\n" });
    remote.fail("fetch", fault, ALWAYS);
    await store.sync();
    expect(store.health.unreachable).toContain("Cannot reach the remote: ");
    expectReads(store);
    remote.heal();
    await store.sync();
    expect(store.health).toMatchObject({ problems: [], queued: 0 });
    expect(store.health.unreachable).toBeUndefined();
    expect(store.current?.snapshot.commit).toBe(theirs);
    expect(headOf(bare)).toBe(theirs);
  },
);

test.concurrent("sync() calls share one fetch while the remote hangs", async () => {
  const { remote, store } = await setUp("hang");
  remote.fail("fetch", "hang", ALWAYS);
  const before = remote.requests.length;
  await Promise.all(Array.from({ length: 50 }, () => store.sync()));
  expect(remote.requests.length - before).toBeLessThan(10);
});

test.concurrent.each(kinds)(
  'open() continues with its clone after a "%s", and fails without one',
  async (fault) => {
    const { bare } = flagRemote();
    const remote = await serveOverHttp(bare);
    const directory = newClone();
    await (await openStore(remote.url, { directory })).close();

    remote.fail("fetch", fault, ALWAYS);
    const store = await openStore(remote.url, { directory, timeoutMs: 50 });
    expectReads(store);
    expect(store.health.unreachable).toContain("Cannot reach the remote: ");
    await expect(openStore(remote.url, { timeoutMs: 50 })).rejects.toThrow(
      "Cannot reach the remote",
    );
    await expect(
      openStore(remote.url, { directory, acceptRemote: true, timeoutMs: 50 }),
    ).rejects.toThrow("Cannot reach the remote");
  },
);

test.concurrent.each(failing)(
  'write() and sync() do not reveal the password after a "%s"',
  async (fault) => {
    const { remote, store } = await setUp(fault, 500);
    const errors: unknown[] = [];
    for (const operation of ["push", "fetch"] as const) {
      remote.fail(operation, fault, ALWAYS);
      await store.write(write(turn("daily_tips", true))).catch((error) => errors.push(error));
      await store.sync();
      errors.push(store.health.unreachable);
    }
    await remote.stop();
    await store.sync();
    errors.push(store.health.unreachable);
    expectNoSecret(remote, errors);
  },
);

function expectNoSecret(remote: HttpRemote, errors: readonly unknown[]): void {
  const words = errors.flatMap((error) => {
    const chain: unknown[] = [];
    for (let cause = error; cause !== undefined; cause = (cause as Error).cause) {
      chain.push(cause instanceof Error ? `${cause.message} ${cause.stack}` : cause);
      if (!(cause instanceof Error)) break;
    }
    return chain.map(String);
  });
  expect(words.join()).toContain("Cannot reach the remote");
  for (const secret of remote.secrets) expect(words.join()).not.toContain(secret);
}

test.concurrent("write() succeeds if another flag was changed in the meantime: both changes stay", async () => {
  const { flags, bare, store } = await setUp("drop");
  flags.human.publish({ [dailyTips]: "description: Show two tips a day\nenabled: true\n" });
  const result = await store.write(write(turn("meal_planning", false)));
  expect(result.status).toBe("committed");
  expect(await flagsOf(bare)).toMatchObject([
    { name: "daily_tips", description: "Show two tips a day" },
    { name: "meal_planning", decisions: { application: { enabled: false } } },
  ]);
});

test.concurrent("a remote that becomes shallow is reported, reads continue, and writes work again when it is complete", async () => {
  const flags = flagRemote();
  const remote = flags.bare.directory;
  const store = await openStore(remote, { writeTimeoutMs: 4_000 });
  const before = store.current?.snapshot.flags;
  flags.human.publish({ "flags/growth/streaks.yaml": "enabled: true\n" });
  flags.human.publish({ [dailyTips]: "description: Show a tip a day\nenabled: true\n" });
  const whole = new TestRepository(`${remote}.whole`);
  renameSync(remote, whole.directory);
  renameSync(whole.clone("--bare", "--depth=1").directory, remote);
  await store.sync();
  expect(store.health.unreachable).toContain("the remote is a shallow clone");
  expect(store.current?.snapshot.flags).toEqual(before);
  await expect(store.write(write(turn("meal_planning", false)))).rejects.toThrow("shallow clone");

  renameSync(remote, `${remote}.shallow`);
  renameSync(whole.directory, remote);
  await store.sync();
  expect(store.health.unreachable).toBeUndefined();
  expect(store.current?.snapshot.flags).toHaveLength(3);
  await expectWrite(store, flags.bare, false);
});
