import { expect, test } from "vitest";
import { drainThenThrow } from "../../../store/publish/drain-then-throw.ts";
import { Overlap } from "../../overlap.ts";

const turn = () => new Promise(setImmediate);

test("drainThenThrow() runs each task, at most as many at once as allowed", async () => {
  const overlap = new Overlap();
  const done: number[] = [];
  await drainThenThrow([3, 1, 2, 5, 4], 2, async (item) => {
    await overlap.enter();
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
  expect(overlap.most).toBe(2);
});

test("drainThenThrow() throws the first error after all started tasks have ended, and starts no more", async () => {
  const ended: string[] = [];
  const working = drainThenThrow(["slow", "first", "second", "third"], 2, async (item) => {
    if (item === "first") throw new Error(item);
    for (let turns = 0; turns < 20; turns++) await turn();
    ended.push(item);
    throw new Error(item);
  });
  await expect(working).rejects.toThrow("first");
  expect(ended).toEqual(["slow"]);
});
