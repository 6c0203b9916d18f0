import { expect, test, vi } from "vitest";
import { Recent } from "../../../store/reviews/recent.ts";

test("Recent.get() looks once for all who ask meanwhile, and again when the answer is old", async () => {
  vi.useFakeTimers();
  try {
    const recent = new Recent<number, string>(() => 5_000, 10);
    const look = vi.fn(async () => "open");
    expect(await Promise.all([recent.get(1, look), recent.get(1, look)])).toEqual(["open", "open"]);
    vi.advanceTimersByTime(4_999);
    await recent.get(1, look);
    expect(look).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1);
    await recent.get(1, look);
    expect(look).toHaveBeenCalledTimes(2);
  } finally {
    vi.useRealTimers();
  }
});

test("Recent.get() keeps no failure, and no more than its limit", async () => {
  const recent = new Recent<number, string>(() => Number.POSITIVE_INFINITY, 2);
  const fail = () => Promise.reject(new Error("Cannot look"));
  await expect(recent.get(1, fail)).rejects.toThrow("Cannot look");
  const look = vi.fn(async () => "merged");
  for (const key of [1, 2, 3, 3, 2, 1]) await recent.get(key, look);
  expect(look).toHaveBeenCalledTimes(4);
});
