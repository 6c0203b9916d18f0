import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { Exclusive } from "../../../store/locks/exclusive.ts";
import { BatchQueue, type BatchQueueOptions } from "../../../store/writes/batch-queue.ts";

type Options = BatchQueueOptions<number, string, null>;

/** A queue that records its batches. The test ends the work of each batch. */
function newQueue(options: Partial<Options> = {}) {
  const batches: (readonly number[])[] = [];
  const gates: (() => void)[] = [];
  const queue = new BatchQueue<number, string, null>({
    async work(_resource, items) {
      batches.push(items);
      await new Promise<void>((resolve) => gates.push(resolve));
      return items.map(String);
    },
    resource: new Exclusive(null),
    isContended: () => false,
    limits: { waiting: 5, batch: 3 },
    timeoutMs: 60_000,
    refuse: (why) => new Error(why),
    ...options,
  });
  const next = async () => {
    await expect.poll(() => gates.length, { timeout: 30_000, interval: 1 }).toBeGreaterThan(0);
    gates.shift()?.();
  };
  return { queue, batches, next };
}

test("add() collects items during a batch for the next one, in order, up to a limit", async () => {
  const { queue, batches, next } = newQueue();
  const results = [1, 2, 3, 4, 5].map((item) => queue.add(item, "ada"));
  expect(queue.length).toBe(5);
  await next();
  results.push(queue.add(6, "ada"));
  await next();
  expect(await Promise.all(results)).toEqual(["1", "2", "3", "4", "5", "6"]);
  expect(batches).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(queue.length).toBe(0);
});

test("add() refuses items if the queue is full", async () => {
  const { queue, next } = newQueue();
  const results = [1, 2, 3, 4, 5].map((item) => queue.add(item, "ada"));
  await expect(queue.add(6, "ada")).rejects.toThrow("5 changes are waiting already");
  await next();
  await next();
  expect(await Promise.all(results)).toHaveLength(5);
});

test("add() rejects only items that waited too long", async () => {
  let begin = () => {};
  const blocked = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const resource = new Exclusive(null);
  void resource.use(() => blocked);
  const { queue, batches, next } = newQueue({ timeoutMs: 20, resource });
  await expect(queue.add(1, "ada")).rejects.toThrow("it waited for 0.02 s");
  const second = queue.add(2, "ada");
  begin();
  await next();
  expect(await second).toBe("2");
  expect(batches).toEqual([[2]]);
});

test("add() fails for all items of a failed batch, and processes the next batch", async () => {
  const outcomes = [Promise.reject(new Error("no")), Promise.resolve(["2"])];
  outcomes[0]?.catch(() => {});
  const { queue } = newQueue({ work: () => outcomes.shift() ?? Promise.resolve([]) });
  const first = [queue.add(1, "ada"), queue.add(1, "ada")];
  for (const result of first) await expect(result).rejects.toThrow("no");
  expect(await queue.add(2, "ada")).toBe("2");
});

test("close() processes waiting items, and accepts no more", async () => {
  const { queue, next } = newQueue();
  const results = [1, 2, 3, 4].map((item) => queue.add(item, "ada"));
  let isClosed = false;
  const closed = queue.close().then(() => {
    isClosed = true;
  });
  await expect(queue.add(5, "ada")).rejects.toThrow("the service is being stopped");
  await next();
  expect(isClosed).toBe(false);
  await next();
  await closed;
  expect(await Promise.all(results)).toEqual(["1", "2", "3", "4"]);
});

test("add() backs off sometimes while there is contention", async () => {
  const work = async (_resource: null, items: readonly number[]) => {
    await pause(20);
    return items.map(String);
  };
  const busy = async (isContended: boolean) => {
    const { queue } = newQueue({ work, isContended: () => isContended });
    const started = performance.now();
    for (let item = 0; item < 30; item++) await queue.add(item, "ada");
    return performance.now() - started;
  };
  const [alone, together] = await Promise.all([busy(false), busy(true)]);
  expect(together).toBeGreaterThan(alone);
});
