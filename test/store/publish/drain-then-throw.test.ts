import { expect, test } from "vitest";
import { drainThenThrow } from "../../../store/publish/drain-then-throw.ts";

const turn = () => new Promise(setImmediate);

test("settle() does each, so many at once", async () => {
  let [inside, most] = [0, 0];
  const done: number[] = [];
  await drainThenThrow([3, 1, 2, 5, 4], 2, async (item) => {
    inside += 1;
    most = Math.max(most, inside);
    await turn();
    inside -= 1;
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test("settle() throws the first error, once all that were begun have ended, and begins no more", async () => {
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
