import fc from "fast-check";
import { expect, test } from "vitest";
import { FairQueue } from "../../../store/writes/fair-queue.ts";

function filled(limit: number, ...owners: [owner: string, count: number][]): FairQueue<string> {
  const queue = new FairQueue<string>(limit);
  for (const [owner, count] of owners) {
    for (let index = 1; index <= count; index++) queue.add(`${owner}${index}`, owner);
  }
  return queue;
}

test("add() gives one owner the whole capacity until another one needs some of it", () => {
  const queue = filled(4, ["a", 4]);
  expect(queue.add("a5", "a")).toEqual(["a5"]);
  expect(queue.add("b1", "b")).toEqual(["a4"]);
  expect(queue.add("b2", "b")).toEqual(["a3"]);
  expect(queue.add("b3", "b")).toEqual(["b3"]);
  expect(queue.length).toBe(4);
});

test("add() always accepts an urgent item, and take() takes it first", () => {
  const queue = filled(2, ["a", 1], ["b", 1]);
  expect(queue.add("off", "b", true)).toHaveLength(1);
  expect(queue.add("off2", "b", true)).toHaveLength(1);
  expect(queue.add("off3", "b", true)).toEqual([]);
  expect(queue.take(10)).toEqual(["off", "off2", "off3"]);
});

test("take() returns items in turn by owner, and in order for each owner", () => {
  const queue = filled(10, ["a", 4], ["b", 2], ["c", 1]);
  expect(queue.take(4)).toEqual(["a1", "b1", "c1", "a2"]);
  expect(queue.take(10)).toEqual(["b2", "a3", "a4"]);
  expect(queue.length).toBe(0);
});

test("remove() removes an item of any owner", () => {
  const queue = filled(10, ["a", 2], ["b", 1]);
  queue.add("off", "a", true);
  for (const item of ["a1", "b1", "off", "none"]) queue.remove(item);
  expect(queue.take(10)).toEqual(["a2"]);
});

test("a FairQueue loses nothing, stays within its limit, and keeps each owner's order", () => {
  const owner = fc.constantFrom("a", "b", "c");
  const action = fc.oneof(owner, fc.integer({ min: 1, max: 5 }));
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      (all, limit) => {
        const queue = new FairQueue<{ owner: string; number: number }>(limit);
        const out: { owner: string; number: number }[] = [];
        let added = 0;
        let displaced = 0;
        for (const one of [...all, 100]) {
          if (typeof one === "number") out.push(...queue.take(one));
          else displaced += queue.add({ owner: one, number: ++added }, one).length;
          expect(queue.length).toBeLessThanOrEqual(limit);
        }
        expect(out.length + displaced).toBe(added);
        for (const name of ["a", "b", "c"]) {
          const numbers = out.filter((item) => item.owner === name).map(({ number }) => number);
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        }
      },
    ),
  );
});
