import { expect, test } from "vitest";
import { KnownPulls } from "../../../store/reviews/known-pulls.ts";

/**
 * Pull requests by number; even ones are proposals. `read` has the number of pull requests that each
 * listing read.
 */
function pulls(count: number, listIntervalMs = 0) {
  const state = { count, read: [] as number[] };
  const known = new KnownPulls(async function* () {
    state.read.push(0);
    for (let number = state.count; number > 0; number -= 1) {
      state.read.push((state.read.pop() ?? 0) + 1);
      yield { number, isProposal: number % 2 === 0 };
    }
  }, listIntervalMs);
  return { state, known };
}

test("KnownPulls knows added numbers without a listing", async () => {
  const { state, known } = pulls(10);
  known.add(7);
  expect(await known.has(7)).toBe(true);
  expect(state.read).toEqual([]);
});

test("KnownPulls lists once for numbers up to the highest, and continues from there", async () => {
  const { state, known } = pulls(10);
  expect(await known.has(4)).toBe(true);
  for (const number of [1, 3, 5, 9]) expect(await known.has(number)).toBe(false);
  expect(state.read).toEqual([10]);
  state.count = 12;
  expect(await known.has(12)).toBe(true);
  expect(state.read).toEqual([10, 3]);
});

test("KnownPulls reads no more than 1,000", async () => {
  const { state, known } = pulls(5_000);
  expect(await known.has(4_500)).toBe(true);
  expect(await known.has(2)).toBe(false);
  expect(state.read).toEqual([1_000]);
});

test("KnownPulls lists at most once per interval, however many numbers are made up", async () => {
  const { state, known } = pulls(10, 300);
  await known.has(1);
  const began = performance.now();
  const made = Array.from({ length: 300 }, (_, index) => known.has(1_000_000 + index));
  expect(new Set(await Promise.all(made))).toEqual(new Set([false]));
  expect(performance.now() - began).toBeGreaterThan(250);
  expect(state.read).toEqual([10, 1]);
});
